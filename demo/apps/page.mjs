/** What a browser is shown. The customer is the one that `orders` answered for: a mix-up would be seen. */
export function page({ customer, orders, instance, web, ms }) {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Outrigger demo</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
<main>
  <h1>Outrigger demo</h1>
  <p>This is the way that your request took:</p>
  <ol>
    <li>edge<small>sidecar</small></li>
    <li class="picked">${html(web)}<small>Express</small></li>
    <li>its sidecar<small>beside ${html(web)}</small></li>
    <li class="picked">${html(instance)}<small>answered in ${ms.toFixed(0)} ms</small></li>
  </ol>
  <table data-customer="${html(customer)}">
    <caption>Orders of ${html(customer)}</caption>
    ${orders.map(({ item, quantity }) => `<tr><td>${quantity} &times;<td>${html(item)}`).join('\n    ')}
  </table>
  <p><a href="">Ask again</a>: each sidecar picks whoever has the fewest requests under way.</p>
</main>
</html>
`
}

const STYLE = `
  :root { color-scheme: light dark; font: 17px/1.5 system-ui, sans-serif; accent-color: teal }
  main { max-width: 44rem; margin: 8vh auto; padding: 0 1.5rem }
  h1 { font-size: 1.6rem }
  ol { list-style: none; display: flex; flex-wrap: wrap; gap: .6rem 2.2rem; padding: 0; margin: 1.5rem 0 2rem }
  li { position: relative; border: 1px solid #8886; border-radius: .5rem; padding: .5rem .9rem }
  li + li::before { content: '\\2192'; position: absolute; left: -1.75rem; opacity: .6 }
  li.picked { border-color: teal; background: #0801; font-weight: 600 }
  small { display: block; font-weight: 400; opacity: .65 }
  caption { text-align: left; font-weight: 600; white-space: nowrap }
  td { padding-right: .8rem }
`

function html(text) {
  return String(text).replaceAll(/[&<>"']/g, sign => `&#${sign.charCodeAt(0)};`)
}
