// What Streamlit calls when the component appears and whenever its data change. `data.module` names
// the module that the app serves, which a browser caches between visits: its `open(parent, data)`
// gives {update(data, send), close()}.

const opened = new WeakMap(); // parent element -> promise of what was opened in it

export default function (component) {
  const { data, parentElement, setStateValue, setTriggerValue } = component;
  const send = {
    seen: (value) => setStateValue("seen", value),
    ended: () => setTriggerValue("ended", true),
  };
  if (!opened.has(parentElement)) {
    // Streamlit runs this file from a blob, against which no path resolves.
    const module = `${window.location.origin}${data.routes}/static/${data.version}/${data.module}`;
    opened.set(parentElement, import(module).then(({ open }) => open(parentElement, data)));
  }
  const view = opened.get(parentElement);
  view.then(({ update }) => update(data, send));
  return () => {
    // Also called between two updates; only what has left the page is closed.
    window.setTimeout(async () => {
      if (!parentElement.isConnected && opened.has(parentElement)) {
        opened.delete(parentElement);
        (await view).close();
      }
    }, 500);
  };
}
