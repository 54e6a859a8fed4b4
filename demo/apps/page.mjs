// What a browser is shown; forms only, no script. The customer is the one that `orders` answered for, and user and cart
// are in attributes too: a mix-up or a loss would be seen.
export const GOODS = ['paddle', 'sail', 'rope', 'anchor', 'bucket', 'lamp']

export function page({ customer, orders, user, cart, instance, web, pid, ms, about, keptIn }) {
  const pieces = Object.values(cart).reduce((sum, quantity) => sum + quantity, 0)
  const contents = Object.entries(cart)
    .map(([item, quantity]) => `${item}:${quantity}`)
    .join(' ')
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Outrigger demo</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
<main data-customer="${html(customer)}" data-user="${html(user ?? '')}" data-cart="${html(contents)}">
  <header>
    <h1>Outrigger demo</h1>
    ${user === undefined ? SIGN_IN : signedInAs(user)}
  </header>
  ${notice(about, web)}
  <p>This is the way that your request took:</p>
  <ol>
    <li>edge<small>sidecar</small></li>
    <li class="picked">${html(web)}<small>Express, process ${pid}</small></li>
    <li>its sidecar<small>beside ${html(web)}</small></li>
    <li class="picked">${html(instance)}<small>answered in ${ms.toFixed(0)} ms</small></li>
  </ol>
  <p><a href="/">Ask again</a>: each sidecar picks whoever has the fewest requests under way.</p>
  <div class="cards">
    <section>
      <h2>Cart <span>${pieces === 1 ? '1 thing' : `${pieces} things`}</span></h2>
      <table>
        ${GOODS.map(item => row(item, cart[item] ?? 0)).join('\n        ')}
      </table>
    </section>
    <section>
      <h2>Orders of ${html(customer)}</h2>
      <table>
        ${orders.map(({ item, quantity }) => `<tr><td>${html(item)}<td class="number">${quantity} &times;`).join('\n        ')}
      </table>
    </section>
  </div>
  <form method="post" action="/kill" class="danger">
    <input type="hidden" name="name" value="${html(web)}">
    <input type="hidden" name="pid" value="${pid}">
    <button>Kill ${html(web)} (SIGKILL)</button>
    <p>That is the process that made this page. Another one answers in its place and knows you and your cart: they are in
    ${html(keptIn)}. ${html(web)} is started again three seconds later.</p>
  </form>
</main>
</html>
`
}

const SIGN_IN = `<form method="post" action="/login">
      <input name="name" required maxlength="40" placeholder="your name" aria-label="your name">
      <button>Sign in</button>
    </form>`

function signedInAs(user) {
  return `<form method="post" action="/logout">
      <span>signed in as <b>${html(user)}</b></span>
      <button>Sign out</button>
    </form>`
}

/** Each button sends what there shall be: pressed twice, or sent twice by a sidecar, it is the same. */
function row(item, quantity) {
  const button = (sign, value, label) =>
    `<button name="quantity" value="${value}" aria-label="${label}"${value < 0 || value > 99 ? ' disabled' : ''}>${sign}</button>`
  return `<tr${quantity === 0 ? '' : ' class="chosen"'}><td>${item}<td><form method="post" action="/cart/${item}">
          ${button('&minus;', quantity - 1, `one ${item} less`)}<output>${quantity}</output>${button('+', quantity + 1, `one ${item} more`)}
        </form>`
}

function notice({ killed, spared }, web) {
  if (killed !== undefined)
    return `<p class="notice"><b>${html(killed)} was killed</b> with SIGKILL. This page came from ${html(web)}, with the same session.</p>`
  if (spared !== undefined)
    return `<p class="notice"><b>${html(spared)} was spared</b>: another web is just being started again. Two of the three stay.</p>`
  return ''
}

const STYLE = `
  :root { color-scheme: light dark; font: 17px/1.5 system-ui, sans-serif; accent-color: teal }
  main { max-width: 46rem; margin: 5vh auto; padding: 0 1.5rem }
  header { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem 2rem }
  h1 { font-size: 1.6rem; margin: .5rem 0 }
  h2 { font-size: 1rem; margin: 0 0 .5rem; display: flex; justify-content: space-between; gap: 1rem }
  h2 span { font-weight: 400; opacity: .65 }
  form { display: flex; align-items: center; gap: .6rem; margin: 0 }
  input, button { font: inherit; padding: .25rem .7rem; border: 1px solid #8886; border-radius: .4rem; background: #8881 }
  input { width: 9rem }
  button { cursor: pointer }
  button:hover:enabled { border-color: teal }
  button:disabled { opacity: .35; cursor: default }
  ol { list-style: none; display: flex; flex-wrap: wrap; gap: .6rem 2.2rem; padding: 0; margin: 1rem 0 }
  li { position: relative; border: 1px solid #8886; border-radius: .5rem; padding: .5rem .9rem }
  li + li::before { content: '\\2192'; position: absolute; left: -1.75rem; opacity: .6 }
  li.picked { border-color: teal; background: #0801; font-weight: 600 }
  small { display: block; font-weight: 400; opacity: .65 }
  .cards { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1.5rem 0 }
  section { flex: 1 1 16rem; border: 1px solid #8886; border-radius: .5rem; padding: .8rem 1rem }
  table { width: 100%; border-collapse: collapse }
  td { padding: .15rem 0 }
  td form { justify-content: flex-end; gap: .3rem }
  td.number { text-align: right }
  td button { padding: 0 .6rem; line-height: 1.5 }
  tr.chosen { font-weight: 600 }
  output { min-width: 1.8rem; text-align: center }
  .notice { border-left: .25rem solid teal; background: #0801; padding: .5rem .9rem; border-radius: .2rem }
  .danger { border: 1px solid #c446; border-radius: .5rem; padding: .8rem 1rem; gap: 1.2rem }
  .danger button { border-color: #c44; color: #c44; font-weight: 600; white-space: nowrap; background: none }
  .danger button:hover { background: #c44; color: #fff }
  .danger p { margin: 0; opacity: .8; font-size: .9rem }
  @media (max-width: 34rem) { .danger { flex-direction: column; align-items: flex-start } }
`

function html(text) {
  return String(text).replaceAll(/[&<>"']/g, sign => `&#${sign.charCodeAt(0)};`)
}
