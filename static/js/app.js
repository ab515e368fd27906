// Improves every page. Whatever it adds also works without it, as a link or a form.
import 'htmx.org';
import './appearance.js';
import './sent.js';
import './forms.js';
import './moved.js';
import './page.js';
import './reading.js';
import './search.js';
import './times.js';
import './toasts.js';

document.documentElement.dataset.script = '';
