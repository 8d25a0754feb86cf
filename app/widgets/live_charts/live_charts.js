// What Streamlit calls when the component appears and whenever its data change. The charts
// themselves are modules that the app serves, so that a browser keeps them between visits.

const shown = new WeakMap(); // parent element -> promise of its charts

export default function (component) {
  const { data, parentElement, setStateValue, setTriggerValue } = component;
  const send = {
    seen: (value) => setStateValue("seen", value),
    ended: () => setTriggerValue("ended", true),
  };
  if (!shown.has(parentElement)) {
    // Streamlit runs this file from a blob, against which no path resolves.
    const module = `${window.location.origin}${data.routes}/static/${data.version}/kept.mjs`;
    shown.set(parentElement, import(module).then(({ chartsIn, placeLeft }) => {
      const live = chartsIn(parentElement, data);
      return { live, leave: () => placeLeft(live) };
    }));
  }
  const charts = shown.get(parentElement);
  charts.then(({ live }) => live.update(data, send));
  return () => {
    // Also called between two updates; only what has left the page is put away.
    window.setTimeout(async () => {
      if (!parentElement.isConnected && shown.has(parentElement)) {
        shown.delete(parentElement);
        (await charts).leave();
      }
    }, 500);
  };
}
