// What Streamlit calls when the component appears and whenever its data change. The figures
// themselves are modules that the app serves, so that a browser keeps them between visits.

const shown = new WeakMap(); // parent element -> promise of its figures

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const send = { ended: () => setTriggerValue("ended", true) };
  if (!shown.has(parentElement)) {
    // Streamlit runs this file from a blob, against which no path resolves.
    const module = `${window.location.origin}${data.routes}/static/${data.version}/lab_figures.mjs`;
    shown.set(parentElement, import(module).then(({ LabFigures }) => new LabFigures(parentElement)));
  }
  const figures = shown.get(parentElement);
  figures.then((live) => live.update(data, send));
  return () => {
    // Also called between two updates; only what has left the page is put away.
    window.setTimeout(async () => {
      if (!parentElement.isConnected && shown.has(parentElement)) {
        shown.delete(parentElement);
        (await figures).dispose();
      }
    }, 500);
  };
}
