// Keeps "3 minutes ago" true while a page stays open, in the page's language.
const STEPS = [['day', 86400], ['hour', 3600], ['minute', 60]];

function refresh() {
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: 'auto' });
  for (const element of document.querySelectorAll('time[data-ago]')) {
    const seconds = (Date.now() - Date.parse(element.dateTime)) / 1000;
    if (seconds < 60 || seconds > 7 * 86400) continue; // "now" and dates are said well by the server
    const [unit, length] = STEPS.find(([, size]) => seconds >= size);
    const text = words.format(-Math.floor(seconds / length), unit);
    if (element.textContent !== text) element.textContent = text;
  }
}

const opened = Date.now();
setInterval(() => { if (!document.hidden && Date.now() - opened > 59000) refresh(); }, 60000);
