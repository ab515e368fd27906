import 'htmx.org';

document.documentElement.dataset.script = '';
