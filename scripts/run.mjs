// `node scripts/run.mjs <file> [args]`: what every npm script goes through. Whatever is missing is installed and built
// first. No syntax younger than Node 12 in this file: an old Node must get as far as the line that says it is too old.
const [major, minor] = process.versions.node.split('.').map(Number)
// 21 and 22.0 to 22.11 cannot require() an ES module, which mocha does.
const supported = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22

async function main([file, ...args]) {
  // Before anything that takes long: it looks at who has started us.
  const { launch } = await import('./launch.mjs')
  const { dependencies, dist } = await import('./ensure.mjs')
  await dependencies()
  if (file === 'build') return (await dist({ force: true })) ? 0 : 1
  if (file.endsWith('.mjs')) return (await import(`../${file}`)).default(args)
  if (!(await dist())) return 1
  return launch(['--import', 'tsx', file, ...args])
}

if (supported) {
  main(process.argv.slice(2)).then(
    code => {
      process.exitCode = code
    },
    error => {
      console.error(error.expected ? error.message : error)
      process.exitCode = 1
    },
  )
} else {
  console.error(`Outrigger needs Node 20.19 or newer (22.12 or newer of 22); this is ${process.version}.`)
  process.exitCode = 1
}
