// Filters cases in the reader's browser, and draws those that are opened by what draw-case.js has.
const form = document.querySelector('#filter');
const items = [...document.querySelectorAll('ol.cases > li')];

const texts = items.map((item) => item.querySelector('summary').textContent.toLowerCase());

// The filter, and the case that was opened last, stand in the address, so that a link shows what its sender saw.
const readAddress = () => new URLSearchParams(location.hash.slice(1));

const statusesOf = () => [...form.elements.status].filter(({ checked }) => checked).map(({ value }) => value);

const filter = () => {
  const statuses = statusesOf();
  const feature = form.elements.feature.value;
  const words = form.elements.text.value.toLowerCase().split(/\s+/);
  let shown = 0;
  for (const [index, item] of items.entries()) {
    const isMeant =
      statuses.includes(item.className) &&
      (feature === '' || item.dataset.features.split(' ').includes(feature)) &&
      words.every((word) => texts[index].includes(word));
    item.hidden = !isMeant;
    if (isMeant) shown += 1;
  }
  form.elements.shown.value = `${shown} of ${items.length}`;
  document.querySelector('#none').hidden = shown > 0;
};

const writeAddress = (opened = readAddress().get('case')) => {
  const address = new URLSearchParams();
  const statuses = statusesOf();
  if (statuses.length < form.elements.status.length) address.set('status', statuses.join(','));
  if (form.elements.feature.value !== '') address.set('feature', form.elements.feature.value);
  if (form.elements.text.value !== '') address.set('text', form.elements.text.value);
  if (opened) address.set('case', opened);
  history.replaceState(null, '', `#${address}`);
};

/** Sets the filter to what the address says; an anchor of the page, such as #features, says nothing about it. */
const followAddress = () => {
  if (!location.hash.includes('=')) return;
  const address = readAddress();
  const statuses = address.get('status')?.split(',');
  for (const box of form.elements.status) box.checked = statuses?.includes(box.value) ?? true;
  form.elements.feature.value = address.get('feature') ?? '';
  form.elements.text.value = address.get('text') ?? '';
  filter();
  const meant = items.find(({ dataset }) => dataset.name === address.get('case'));
  if (meant !== undefined) {
    meant.hidden = false;
    meant.firstElementChild.open = true;
    meant.scrollIntoView();
  } else form.scrollIntoView();
};

document.querySelector('ol.cases').addEventListener(
  'toggle',
  ({ target }) => {
    if (target.dataset.index === undefined) return;
    if (target.open) drawCase(target);
    if (!isQuiet) writeAddress(target.open ? target.parentElement.dataset.name : undefined);
  },
  true,
);
form.addEventListener('input', () => {
  filter();
  writeAddress();
});
form.addEventListener('submit', (event) => event.preventDefault());
addEventListener('hashchange', followAddress);
// Paper has no triangles to click: what is red is printed in full. What a toggle draws would come after the paper.
let isQuiet = false;
addEventListener('beforeprint', () => {
  isQuiet = true;
  for (const item of items) {
    if (item.hidden || !/fail|error/.test(item.className)) continue;
    drawCase(item.firstElementChild);
    item.firstElementChild.open = true;
  }
});
addEventListener('afterprint', () => setTimeout(() => (isQuiet = false), 1_000));
filter();
followAddress();
// Whoever opens a page with a few red cases wants to see them.
const red = items.filter(({ className }) => /fail|error/.test(className));
if (!location.hash.includes('=') && red.length <= 3) {
  isQuiet = true;
  for (const item of red) item.firstElementChild.open = true;
  setTimeout(() => (isQuiet = false), 200);
}
