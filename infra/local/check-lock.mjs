/**
 * Checks that the lock file holds no package twice where one would do: a nested copy whose version another
 * copy, visible from the same place, already has; and that it names exact versions only.
 */
import { readFileSync } from 'node:fs'

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'))
const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const problems = []

for (const [place, { version, inBundle }] of Object.entries(packages)) {
  const nested = /^(.+)\/node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(place)
  if (!nested || inBundle) continue
  const visible = visibleFrom(nested[1], nested[2])
  if (visible && packages[visible].version === version)
    problems.push(`${place} repeats ${visible} (${version})`)
}
for (const [name, range] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(range))
    problems.push(`package.json: ${name} is "${range}", not an exact version`)
  if (packages[`node_modules/${name}`]?.version !== range)
    problems.push(`the lock file's ${name} is not ${range}`)
}

/** The copy that Node would find for `name` from the folder above `holder`'s own node_modules. */
function visibleFrom(holder, name) {
  for (let at = holder; at.includes('node_modules/'); ) {
    at = at.slice(0, at.lastIndexOf('node_modules/')).replace(/\/$/, '')
    const candidate = `${at ? `${at}/` : ''}node_modules/${name}`
    if (packages[candidate]) return candidate
  }
  return undefined
}

for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exit(1)
