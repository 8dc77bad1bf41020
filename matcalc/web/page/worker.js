// Python in the browser: Pyodide with matcalc and what it needs, all from the folder of this page. It answers as the server does.

const tell = (message) => self.postMessage(message);
const folder = new URL(".", self.location.href).href;

const START = `
import importlib, json, sys
import matcalc_page

class Later:
    """Packages that few answers need are fetched when they are first imported."""

    def __init__(self, names):
        self.names = set(names)

    def find_spec(self, name, path=None, target=None):
        if name in self.names:
            self.names.clear()
            matcalc_page.more()
            importlib.invalidate_caches()
        return None

sys.meta_path.insert(0, Later(["sympy", "mpmath"]))
from matcalc.service import answer

def reply(operation, request):
    return json.dumps(answer(operation, json.loads(request)))
`;

let reply;

async function start() {
  tell({ progress: "Loading Python into the browser…" });
  const config = await (await fetch(`${folder}config.json`)).json();
  const [{ loadPyodide }, packages] = await Promise.all([
    import(`${folder}assets/pyodide/pyodide.mjs`),
    fetch(`${folder}assets/python/${config.packages}`).then((response) => response.arrayBuffer()),
  ]);
  const python = await loadPyodide({ indexURL: `${folder}assets/pyodide/` });
  tell({ progress: "Starting matcalc…" });
  const site = python.runPython("import sysconfig; sysconfig.get_path('purelib')");
  python.unpackArchive(packages, "zip", { extractDir: site });
  python.registerJsModule("matcalc_page", {
    more() {
      const asked = new XMLHttpRequest();
      asked.open("GET", `${folder}assets/python/${config.more}`, false); // Python waits for it
      asked.responseType = "arraybuffer";
      asked.send();
      if (asked.status !== 200) throw new Error(`${config.more}: status ${asked.status}`);
      python.unpackArchive(asked.response, "zip", { extractDir: site });
    },
  });
  python.runPython(START);
  reply = python.globals.get("reply");
  tell({ progress: null, free: true });
}

self.addEventListener("message", ({ data }) => {
  let answer;
  try {
    answer = JSON.parse(reply(data.operation, JSON.stringify(data.request)));
  } catch (error) {
    const message = "Python broke off; load the page anew if that happens again";
    answer = { ok: false, error: { kind: "InternalError", message, expected: null, suggestion: null, span: null } };
    console.warn(error);
  }
  tell({ id: data.id, answer });
});

start().catch((error) => {
  console.warn(error);
  tell({ progress: null, broken: "Python could not be loaded in this browser" });
});
