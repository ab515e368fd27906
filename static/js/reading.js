// How far a thread was read: the highest post that was on the screen is told to the server, in the background and seldom.
const posts = document.querySelector('[data-read-url]');
if (posts) {
  let seen = 0;
  let told = Number(posts.dataset.lastRead);
  const tell = () => {
    if (seen <= told) return;
    const before = told;
    told = seen;
    const form = new FormData();
    form.set('csrf_token', posts.dataset.token);
    form.set('number', seen);
    form.set('beacon', '1');
    fetch(posts.dataset.readUrl, { method: 'POST', body: form, keepalive: true }).catch(() => { told = before; });
  };
  const numbers = new Map(); // of posts, by the end of each
  const watcher = new IntersectionObserver(entries => {
    for (const entry of entries) {
      if (entry.isIntersecting) seen = Math.max(seen, numbers.get(entry.target));
    }
  });
  for (const post of posts.querySelectorAll('[id^="post-"]')) {
    const [, number] = /^post-(\d+)$/.exec(post.id) ?? [];
    if (!number) continue;
    const end = post.querySelector('footer') ?? post;
    numbers.set(end, Number(number));
    watcher.observe(end);
  }
  // Whoever lets the thread be unread from a post on does not want what is on the screen to be told.
  addEventListener('submit', event => { if (event.target.matches('[data-unread]')) told = Infinity; });
  setInterval(tell, 3000);
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') tell(); });
  addEventListener('pagehide', tell);
}
