// The theme editor: what is chosen shows in the preview at once. The policy forbids style attributes in the page,
// not properties set by script, so the custom properties of a look go onto every preview, and the page's own CSS derives the rest.
const form = document.getElementById('look');
const COLOUR = /^#[0-9a-f]{6}$/i;
const chosen = new Map();

const previews = () => document.querySelectorAll('.in-look');

function show() {
  for (const element of previews()) {
    for (const [token, value] of chosen) element.style.setProperty(`--${token}`, value);
  }
}

function valueOf(control) {
  const value = control.selectedOptions?.[0].dataset.value ?? control.dataset.value ?? control.value.trim();
  if (control.type === 'text' && !COLOUR.test(value)) {
    return value || !control.dataset.empty ? null : form.elements[control.dataset.empty].value.trim();
  }
  return value + (control.dataset.unit ?? '');
}

function read() {
  for (const control of form.querySelectorAll('[data-token]')) {
    if (control.type === 'radio' && !control.checked) continue;
    const value = valueOf(control);
    if (value !== null) chosen.set(control.dataset.token, value);
  }
}

function recheck() {
  document.getElementById('contrast').dispatchEvent(new CustomEvent('look-changed'));
}

form.addEventListener('input', event => {
  const control = event.target;
  if (control.dataset.mirrors) {
    document.getElementById(control.dataset.mirrors).value = control.value;
  } else if (control.type === 'text' && COLOUR.test(control.value.trim())) {
    const picker = form.querySelector(`[data-mirrors="${control.id}"]`);
    if (picker) picker.value = control.value.trim().toLowerCase();
  }
  read();
  show();
  if (control.dataset.mirrors || ['brand', 'tint', 'text'].includes(control.name)) recheck();
});

form.addEventListener('click', event => {
  const button = event.target.closest('[data-sets]');
  if (!button) return;
  const field = document.getElementById(button.dataset.sets);
  field.value = button.value;
  field.dispatchEvent(new Event('input', { bubbles: true }));
});

// The table of contrasts is new after each answer; its samples take the look from here, and the fill
// that white or dark text asked for comes with it.
document.addEventListener('htmx:after:swap', event => {
  if (!document.getElementById('contrast').contains(event.target)) return;
  const solid = document.querySelector('#contrast [data-solid]');
  if (solid) chosen.set('brand', solid.dataset.solid);
  show();
});
