// One question in a dialog, answered with a line of text, or null when it was put aside.
export function ask(label, texts, { value = '', type = 'text', remove = null } = {}) {
  return new Promise(resolve => {
    const dialog = document.createElement('dialog');
    dialog.className = 'sheet';
    const field = document.createElement('div');
    field.className = 'field';
    const words = document.createElement('label');
    words.textContent = label;
    const input = document.createElement('input');
    input.className = 'input';
    input.type = type;
    input.value = value;
    input.id = 'editor-ask';
    words.htmlFor = input.id;
    field.append(words, input);
    const footer = document.createElement('footer');
    const choose = (text, kind, answer) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = `btn ${kind}`;
      button.textContent = text;
      button.addEventListener('click', () => finish(answer()));
      footer.append(button);
    };
    let answered = null;
    const finish = answer => { answered = answer; dialog.close(); };
    if (remove) choose(remove, 'danger', () => '');
    choose(texts.cancel, '', () => null);
    choose(texts.ok, 'primary', () => input.value.trim());
    input.addEventListener('keydown', event => {
      if (event.key === 'Enter') { event.preventDefault(); finish(input.value.trim()); }
    });
    dialog.addEventListener('close', () => { dialog.remove(); resolve(answered); });
    dialog.append(field, footer);
    document.body.append(dialog);
    dialog.showModal();
    input.focus();
    input.select();
  });
}
