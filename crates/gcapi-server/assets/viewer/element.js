// Makes elements of the page.

/**
 * An element with attributes and children. Functions are listeners, `true` is an attribute
 * without value, and what is null or false is left out.
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  put(made, attributes, children);
  return made;
}

/** As `element`, for drawings. */
export function drawing(name, attributes = {}, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  put(made, attributes, children);
  return made;
}

function put(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') made.addEventListener(key, value);
    else made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
}
