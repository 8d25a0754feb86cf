// The loss surface of two layers alone, as a component of another page; see component.js.

import { ChainView } from "./chain_view.mjs";
import { defaults } from "./settings.mjs";

export function open(parent) {
  const settings = { ...defaults().chain };
  let view = null;
  let shown = null; // {words, dark}
  const show = () => view.show({ ...settings }, shown.dark);
  const update = (data) => {
    const rebuild = JSON.stringify(data.words) !== JSON.stringify(shown?.words);
    shown = data;
    if (rebuild) {
      view?.dispose();
      view?.root.remove(); // the style sheet beside it stays
      view = new ChainView(data.words, (values) => { Object.assign(settings, values); show(); }, { surfaceOnly: true });
      parent.append(view.root);
    }
    show();
  };
  return { update, close: () => { view?.dispose(); parent.replaceChildren(); } };
}
