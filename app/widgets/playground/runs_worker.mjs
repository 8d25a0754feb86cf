// Trains one network after another to its end, away from the page.
// Takes {runs: [{key, settings, data, updates}, ...]}; posts {key, error} for each as it ends.

import { dataset } from "./data.mjs";
import { Training } from "./training.mjs";

self.onmessage = ({ data: { runs } }) => {
  for (const { key, settings, data, updates } of runs) {
    const training = new Training(settings, dataset(data));
    while (training.step < updates && !training.diverged) training.update();
    self.postMessage({ key, error: training.measure().error });
  }
};
