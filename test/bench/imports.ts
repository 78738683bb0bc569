import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Figure, median } from './table.ts'

const RUNS = 25
/** Functions a person waits for, the authorizer on top of each other. */
const goals: Readonly<Record<string, number>> = {
  auth: 25,
  users: 25,
  tracks: 25,
  internal: 25,
  system: 25,
  authorizer: 15,
}

/**
 * Time to `require` each bundle in a fresh process, beside an empty function's, run by run. `node:http` is there
 * before, on both sides: Lambda's runtime client requires it to fetch the first event, whatever the function.
 */
export function measureImports(settings: Readonly<Record<string, string>>): Figure[] {
  const empty = path.join(mkdtempSync(path.join(tmpdir(), 'veza-bench-')), 'empty.cjs')
  writeFileSync(empty, 'exports.handler = async () => {}')
  const names = readdirSync('dist').filter((name) => name !== 'maps')

  return names.map((name) => {
    const [ours, against]: [number[], number[]] = [[], []]
    for (let run = 0; run < RUNS; run++) {
      ours.push(requireTime(path.resolve('dist', name, 'index.js'), settings))
      against.push(requireTime(empty, settings))
    }
    const goal = name in goals ? { goal: goals[name]! } : {}
    return { name, ours: median(ours), against: median(against), unit: 'ms', compare: 'difference', ...goal }
  })
}

function requireTime(file: string, settings: Readonly<Record<string, string>>): number {
  const script = `require('node:http'); const t = performance.now(); require(${JSON.stringify(file)}); console.log('took', performance.now() - t); process.exit()`
  const output = execFileSync(process.execPath, ['-e', script], {
    env: { ...process.env, ...settings, POWERTOOLS_DEV: 'false' },
    encoding: 'utf8',
  })
  return Number(/took ([\d.]+)/.exec(output)?.[1])
}
