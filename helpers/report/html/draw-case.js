// Draws a case in the reader's browser. Texts go in as text, never as HTML.
// Megabytes, which nobody needs before the first case is opened.
let data;
const readData = () => (data ??= JSON.parse(document.querySelector('#data').textContent));

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

const words = {
  '.': 'connects',
  X: 'is dropped',
  R: 'is refused',
  '?': 'may be either',
  '-': 'is not asserted',
  '!': 'could not be told',
};

const drawGrid = (heading, grid, letterOf, tell) => {
  const { names } = readData();
  const [rows, columns] = [names[grid.rows], names[grid.columns]];
  const red = new Map(grid.red);
  const cellAt = (y, x) => {
    const index = y * columns.length + x;
    const letter = letterOf(index);
    const isRed = heading !== 'want' && red.has(index);
    const words = tell(index, `${rows[y]} to ${columns[x]}`);
    const cell = make('td', {
      textContent: isRed ? `[${letter}]` : letter,
      tabIndex: -1,
      title: words,
      ariaLabel: words,
    });
    cell.dataset.letter = letter;
    if (isRed) cell.classList.add('red');
    return cell;
  };
  const head = make('tr', {}, make('th', { scope: 'col', textContent: heading }));
  for (const column of columns) head.append(make('th', { scope: 'col', textContent: column }));
  const body = make('tbody');
  for (const [y, row] of rows.entries())
    body.append(
      make('tr', {}, make('th', { scope: 'row', textContent: row }), ...columns.map((_, x) => cellAt(y, x))),
    );
  const table = make(
    'table',
    { className: 'grid', role: 'grid', ariaLabel: heading },
    make('thead', {}, head),
    body,
  );
  const first = table.querySelector('td');
  if (first !== null) first.tabIndex = 0;
  return table;
};

const drawGrids = (given) => {
  const grid = { got: given.want, ...given };
  const red = new Map(grid.red);
  const tell = (index, place) => {
    const wanted = grid.want[index];
    const same = wanted === grid.got[index] ? '' : `, and ${words[grid.got[index]]}`;
    const known = { '.': 'should connect', X: 'should be denied', '?': 'is left open by the API' }[wanted];
    return `${place}: ${red.get(index) ?? (known === undefined ? words[wanted] : `${known}${same || ', and so it is'}`)}`;
  };
  const got = drawGrid('got', grid, (index) => grid.got[index], tell);
  const tables =
    red.size === 0
      ? [got]
      : [
          drawGrid('want', grid, (index) => grid.want[index], tell),
          got,
          drawGrid(
            'difference',
            grid,
            (index) => (red.has(index) ? grid.got[index] : grid.want[index] === '-' ? '-' : '='),
            tell,
          ),
        ];
  const wide = make(
    'div',
    { className: 'wide grids', tabIndex: 0, role: 'group', ariaLabel: grid.probes.join(', ') },
    ...tables,
  );
  const more = make('p', { className: 'more', ariaLive: 'polite' });
  const show = ({ target }) => {
    if (target.tagName === 'TD') more.textContent = target.ariaLabel;
  };
  wide.addEventListener('focusin', show);
  wide.addEventListener('mouseover', show);
  const reasons = [...red].slice(0, 12).map(([index, reason]) => {
    const { names } = readData();
    const [row, column] = [names[grid.rows], names[grid.columns]];
    return make('li', {
      textContent: `${row[Math.floor(index / column.length)]} to ${column[index % column.length]}: ${reason}`,
    });
  });
  if (red.size > reasons.length)
    reasons.push(make('li', { textContent: `and ${red.size - reasons.length} more, in the grid` }));
  return [
    make('h4', { textContent: grid.probes.join(', ') }),
    wide,
    more,
    ...(reasons.length === 0 ? [] : [make('ul', { className: 'reasons' }, ...reasons)]),
  ];
};

const drawStep = ({ action, note, grids, answers = [] }, index) => [
  make('h3', { textContent: `Step ${index + 1}: ${action}` }),
  make('p', { className: 'note', textContent: note }),
  ...(answers.length === 0
    ? []
    : [make('ul', {}, ...answers.map((answer) => make('li', { textContent: answer })))]),
  ...grids.flatMap(drawGrids),
];

// A folder beside this page and nowhere else: a record may come from somebody else.
const linkBelow = (folder) => {
  const parts = folder.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return folder;
  return make('a', { href: `./${parts.map(encodeURIComponent).join('/')}/`, textContent: folder });
};

// oxlint-disable-next-line eslint/no-unused-vars -- page.js, which stands behind this in a page, calls it
const drawCase = (details) => {
  const body = details.querySelector('.body');
  if (body.dataset.drawn === 'yes') return;
  body.dataset.drawn = 'yes';
  const { message, place, spec, features, replay, evidence, steps } = readData().cases[details.dataset.index];
  const facts = make('dl');
  const fact = (name, ...value) => facts.append(make('dt', { textContent: name }), make('dd', {}, ...value));
  fact('file', make('code', { textContent: place }));
  // Only a link to the web is one: a scenario file may say anything.
  fact(
    'follows from',
    /^https?:/.test(spec) ? make('a', { href: spec, textContent: spec, rel: 'noreferrer' }) : spec,
  );
  fact('features', features.join(', '));
  fact('replay', make('code', { textContent: replay }));
  if (evidence !== undefined) fact('evidence', linkBelow(evidence));
  const operations = [...body.querySelectorAll('.operation')];
  body.prepend(facts, ...(message === undefined ? [] : [make('pre', { textContent: message })]));
  for (const [index, step] of steps.entries()) {
    const drawn = drawStep(step, index);
    const timeline = operations.find(({ dataset }) => Number(dataset.step) === index);
    body.append(...drawn.slice(0, 2), ...(timeline === undefined ? [] : [timeline]), ...drawn.slice(2));
  }
};

const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** One cell of each grid is reached by Tab, the others from there by arrows: the pattern of WAI-ARIA for grids. */
const moveInGrid = (event) => {
  const move = moves[event.key];
  const cell = event.target.closest?.('table.grid td');
  if (move === undefined || cell === null || cell === undefined) return;
  event.preventDefault();
  const next =
    cell.closest('table').rows[cell.parentElement.rowIndex + move[0]]?.cells[cell.cellIndex + move[1]];
  if (next?.tagName !== 'TD') return;
  cell.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
};

addEventListener('keydown', moveInGrid);
