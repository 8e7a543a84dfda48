"""Takes the libraries of the viewer from npm, in the versions that `libraries.json` names.

    python3 fetch.py            fetch, compare with the digests, write the files
    python3 fetch.py --adopt    after a change of a version: write the digests anew

Files are kept compressed, as browsers take them. Needs npm.
"""

import gzip
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
LIST = HERE / "libraries.json"


def package(name: str, version: str, folder: str) -> Path:
    """The archive of a package, fetched by its name."""
    command = ["npm", "pack", "--silent", "--pack-destination", folder, f"{name}@{version}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Path(folder) / done.stdout.strip().splitlines()[-1]


def main() -> None:
    adopt = sys.argv[1:] == ["--adopt"]
    libraries = json.loads(LIST.read_text())
    with tempfile.TemporaryDirectory() as folder:
        for library in libraries:
            archive = package(library["package"], library["version"], folder)
            with tarfile.open(archive) as files:
                content = files.extractfile(f"package/{library['path']}").read()
            # What points to a source map that is not here would be asked for in vain.
            lines = content.splitlines(keepends=True)
            content = b"".join(line for line in lines if not line.startswith(b"//# sourceMappingURL"))
            digest = hashlib.sha256(content).hexdigest()
            if adopt:
                library["sha256"] = digest
            elif library["sha256"] != digest:
                sys.exit(f"{library['package']}: SHA-256 is {digest}, not {library['sha256']}")
            # Without time and name, so that the same content gives the same file.
            (HERE / library["file"]).write_bytes(gzip.compress(content, 9, mtime=0))
            print(library["file"], digest)
    if adopt:
        LIST.write_text(json.dumps(libraries, indent=2) + "\n")


if __name__ == "__main__":
    main()
