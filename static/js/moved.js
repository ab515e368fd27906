// From the old address of a thread that was merged into another: the server never sees the part behind "#",
// so the post it names is asked for by its number there.
const was = new URLSearchParams(location.search).get('was');
const number = /^#post-(\d+)$/.exec(location.hash)?.[1];
if (number && /^\d+$/.test(was)) location.replace(`/t/${was}?number=${number}`);
