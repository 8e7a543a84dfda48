// Asks the server.

/** What the server said against a request. */
export class Refused extends Error {}

/** JSON of the server; waits while a download holds the catalogue. */
export async function ask(path, parameters) {
  const query = parameters?.toString();
  const answer = await get(`api/${path}${query ? `?${query}` : ''}`);
  return answer.json();
}

/** The text of a file, if it is not longer than this many bytes. */
export async function askText(path, longest) {
  const answer = await get(address('files', path));
  if (Number(answer.headers.get('content-length')) > longest) return null;
  return answer.text();
}

async function get(url) {
  for (;;) {
    let answer;
    try {
      answer = await fetch(url, { credentials: 'same-origin' });
    } catch {
      throw new Refused('The program does not answer: was it stopped? Start gcapi view again.');
    }
    if (answer.ok) return answer;
    if (answer.status === 503) {
      await new Promise((done) => setTimeout(done, 2000));
      continue;
    }
    if (answer.status === 401) {
      throw new Refused('This session is over: open the link that gcapi view printed last.');
    }
    const said = await answer.json().catch(() => null);
    throw new Refused(said?.error ?? `The server answered ${answer.status}.`);
  }
}

/** The address of something that goes by the path of a file. */
export function address(area, path, suffix = '') {
  const segments = path.split('/').map(encodeURIComponent);
  return `${area}/${segments.join('/')}${suffix}`;
}
