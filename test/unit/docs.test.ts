import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

const root = path.join(import.meta.dirname, '../..')
const text = readFileSync(path.join(root, 'docs/security.md'), 'utf8')
const rows = [...text.matchAll(/^\| ([\d., ]+) \| (.+) \| (.+) \|$/gm)]

/** `file` “name of a test in it” */
const proofs = rows.flatMap(([, requirement, , cell]) =>
  [...cell!.matchAll(/`([^`]+)` “([^”]+)”/g)].map(([, file, name]) => ({
    requirement,
    file: file!,
    name: name!,
  })),
)

test('docs/security.md names a test for every requirement it lists', () => {
  expect(rows.length).toBeGreaterThan(40)
  const without = rows.filter(([, , , cell]) => !/`[^`]+` “[^”]+”/.test(cell!))
  expect(without.map(([row]) => row)).toEqual([])
})

test.each(proofs)('$requirement is proved by “$name”', ({ file, name }) => {
  const source = path.join(root, 'test', `${file}.test.ts`)
  expect(existsSync(source)).toBe(true)
  expect(readFileSync(source, 'utf8')).toContain(name)
})
