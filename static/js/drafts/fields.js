// The values of a form by the names of its fields; a name with several values has a list of them.
const UNSEEN = ['hidden', 'password', 'file', 'submit', 'button'];
const chosen = field => ['radio', 'checkbox'].includes(field.type);

const fieldsOf = form => [...form.elements].filter(field => field.name && field.name !== 'csrf_token' && !UNSEEN.includes(field.type));

export function read(form) {
  const values = {};
  for (const field of fieldsOf(form)) {
    if (chosen(field) && !field.checked) continue;
    const given = field.multiple ? [...field.selectedOptions].map(option => option.value) : [field.value];
    for (const value of given) values[field.name] = field.name in values ? [values[field.name], value].flat() : value;
  }
  return values;
}

export function write(form, values) {
  for (const field of fieldsOf(form)) {
    const given = [values[field.name] ?? []].flat();
    if (chosen(field)) field.checked = given.includes(field.value);
    else if (field.multiple) for (const option of field.options) option.selected = given.includes(option.value);
    else field.value = given[0] ?? '';
    field.dispatchEvent(new CustomEvent('draft:restored', { bubbles: true }));
  }
}

/** Whether two readings say the same: an empty field is like none, and ends of lines do not matter. */
export function same(one, other) {
  const plain = values => JSON.stringify(Object.entries(values).map(([name, value]) => [name, [value].flat().map(v => v.replace(/\r\n?/g, '\n'))])
    .filter(([, value]) => value.join('')).sort(([a], [b]) => (a < b ? -1 : 1)));
  return plain(one) === plain(other);
}
