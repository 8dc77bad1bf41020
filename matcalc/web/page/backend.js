// Who answers: the server that the page came from, or Python in a worker of the page's own. Both are asked alike.

/** The backend that config.json names; `progress(words)` is told how far loading is, null when it is done. */
export async function connect(progress) {
  const config = await (await fetch("config.json")).json();
  return config.backend === "pyodide" ? new Local(progress) : new Server();
}

const failed = (message) => ({ ok: false, error: { kind: "ConnectionError", message, expected: null, suggestion: null, span: null } });

const TRIES = 4;
const CROWDED = 429; // too many requests are waiting: again in a second

class Server {
  async ask(operation, request, signal, tries = TRIES) {
    try {
      const response = await fetch(`api/v1/${operation}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(request),
        signal,
      });
      if (response.status === CROWDED && tries > 1) {
        await new Promise((resolve) => setTimeout(resolve, 1000));
        return signal?.aborted ? null : this.ask(operation, request, signal, tries - 1);
      }
      const answer = await response.json();
      return typeof answer.ok === "boolean" ? answer : failed(`the server answered with status ${response.status}`);
    } catch (error) {
      return error.name === "AbortError" ? null : failed("the server does not answer; is it still running?");
    }
  }
}

class Local {
  constructor(progress) {
    this.waiting = new Map();
    this.queue = [];
    this.busy = true;
    this.number = 0;
    this.worker = new Worker("worker.js", { type: "module" });
    this.worker.addEventListener("message", ({ data }) => {
      if (data.progress !== undefined) progress(data.progress);
      if (data.broken) this.broken = data.broken;
      if (data.answer) {
        this.waiting.get(data.id)?.(data.answer);
        this.waiting.delete(data.id);
      }
      if (data.free || data.answer) this.next();
      if (data.broken) this.fail();
    });
    this.worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.broken = "Python could not be loaded in this browser";
      progress(null);
      this.fail();
    });
  }

  ask(operation, request, signal) {
    return new Promise((resolve) => {
      if (this.broken) return resolve(failed(this.broken));
      this.number += 1;
      this.queue.push({ id: this.number, operation, request, signal, resolve });
      if (!this.busy) this.next();
    });
  }

  // Python does one thing at a time: what was overtaken while it waited is not begun.
  next() {
    const one = this.queue.shift();
    this.busy = one !== undefined;
    if (!one) return;
    if (one.signal?.aborted) {
      one.resolve(null);
      return this.next();
    }
    this.waiting.set(one.id, one.resolve);
    this.worker.postMessage({ id: one.id, operation: one.operation, request: one.request });
  }

  fail() {
    for (const resolve of this.waiting.values()) resolve(failed(this.broken));
    for (const one of this.queue) one.resolve(failed(this.broken));
    this.waiting.clear();
    this.queue = [];
  }
}

/** Asks of one kind, of which the latest wins: earlier ones that are still open give null. */
export function latest(backend) {
  let open = null;
  return async (operation, request) => {
    open?.abort();
    const mine = new AbortController();
    open = mine;
    const answer = await backend.ask(operation, request, mine.signal);
    return mine.signal.aborted ? null : answer;
  };
}
