import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const script = path.resolve(import.meta.dirname, '../../../infra/local/setup.mjs')
const lock = { '': { name: 'x' }, 'node_modules/a': { integrity: 'sha-a' } }
let root: string

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'veza-setup-'))
  mkdirSync(path.join(root, 'infra/local'), { recursive: true })
  cpSync(script, path.join(root, 'infra/local/setup.mjs'))
  write('package-lock.json', { packages: lock })
  write('node_modules/node/bin/node', '')
})
afterEach(() => rmSync(root, { recursive: true }))

test('installs nothing when the packages of the lock file are there', () => {
  write('node_modules/.package-lock.json', { packages: { 'node_modules/a': { integrity: 'sha-a' } } })

  expect(runSetup('process.exit(9)')).toEqual({ status: 0, output: '' })
})

test.each([
  { name: 'nothing was ever installed', packages: undefined },
  { name: 'a package is of another version', packages: { 'node_modules/a': { integrity: 'sha-old' } } },
  { name: 'a package is missing', packages: {} },
  {
    name: 'one was added that the lock file does not have',
    packages: { 'node_modules/a': { integrity: 'sha-a' }, 'node_modules/b': { integrity: 'sha-b' } },
  },
])('installs the packages when $name', ({ packages }) => {
  if (packages) write('node_modules/.package-lock.json', { packages })

  const { status, output } = runSetup('console.log("ran", process.argv[2])')

  expect(status).toBe(0)
  expect(output).toMatch(
    /^- Installing npm packages \(npm ci\)\n✔ Installing npm packages \(npm ci\) · \d+ s\n$/,
  )
})

test('does not miss an optional package that only other machines need', () => {
  write('package-lock.json', { packages: { ...lock, 'node_modules/fsevents': { optional: true } } })
  write('node_modules/.package-lock.json', { packages: { 'node_modules/a': { integrity: 'sha-a' } } })

  expect(runSetup('process.exit(9)')).toEqual({ status: 0, output: '' })
})

test('ends with the reason when npm fails, and leaves out what says nothing about it', () => {
  const { status, output } = runSetup(
    'console.error("npm http fetch GET 200 a.tgz\\nnpm warn EBADENGINE\\nnpm error ENOSPC"); process.exit(7)',
  )

  expect(status).toBe(1)
  expect(output).toMatch(/failed \(exit 7\):\nnpm error ENOSPC\n$/)
  expect(output).not.toContain('EBADENGINE')
})

test('asks for what only tests need where tests are to be run', () => {
  write('package-lock.json', { packages: {} })

  expect(runSetup('').output).not.toContain('chromium')
  expect(runSetup('', '--tests').output).toContain(
    'chromium          without it the tests with a browser fail',
  )
})

test('says what to do when npm did not bring Node', () => {
  rmSync(path.join(root, 'node_modules'), { recursive: true })

  const { status, output } = runSetup('')

  expect(status).toBe(1)
  expect(output).toContain('npm could not bring Node 24')
})

function write(file: string, content: object | string) {
  const target = path.join(root, file)
  mkdirSync(path.dirname(target), { recursive: true })
  writeFileSync(target, typeof content === 'string' ? content : JSON.stringify(content))
}

/** With this script in the place of npm, and with the system packages there that the platform needs. */
function runSetup(npm: string, ...flags: string[]) {
  write('npm.cjs', npm)
  for (const command of ['clamd', 'freshclam']) writeExecutable(command)
  const { status, stdout, stderr } = spawnSync(process.execPath, ['infra/local/setup.mjs', ...flags], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: path.join(root, 'bin'), npm_execpath: path.join(root, 'npm.cjs') },
  })
  return { status, output: stdout + stderr }
}

function writeExecutable(command: string) {
  mkdirSync(path.join(root, 'bin'), { recursive: true })
  writeFileSync(path.join(root, 'bin', command), '', { mode: 0o755 })
}
