// Many trainings at once, shared out among workers.

// Calls onResult({key, error}) for each run; see runs_worker.mjs. Resolves when all have ended.
// `stop` of what is returned ends them early.
export function runAll(runs, newWorker, onResult, most = cores()) {
  const workers = [];
  const ended = Array.from({ length: Math.min(most, runs.length) }, (_, first) => new Promise((resolve, reject) => {
    const own = runs.filter((_, index) => index % most === first);
    const worker = newWorker();
    workers.push(worker);
    let left = own.length;
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.onmessage = ({ data }) => {
      onResult(data);
      left -= 1;
      if (left > 0) return;
      worker.terminate();
      resolve();
    };
    worker.postMessage({ runs: own });
  }));
  return { ended: Promise.all(ended), stop: () => workers.forEach((worker) => worker.terminate()) };
}

// Processors to use: all but one, which draws.
function cores() {
  return Math.max(1, Math.min(8, (navigator.hardwareConcurrency ?? 2) - 1));
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
