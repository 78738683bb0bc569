/**
 * The set-up step of `npm start` and `npm test`: installs what is missing and says so. Plain JavaScript for
 * any Node from 18 on, because it runs before the project's own Node 24 is there. Under a second when
 * nothing is missing.
 */
import { execFileSync, spawn } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const isTerminal = process.stdout.isTTY === true

/** `--tests` brings what only the tests need as well. */
const isForTests = process.argv.includes('--tests')

/** What the project takes from the system, by the command or the file that shows it is there. */
const runPackages = [
  { command: 'clamd', name: 'clamav-daemon', without: 'uploads wait for their scan' },
  { command: 'freshclam', name: 'clamav-freshclam', without: 'only test viruses are known' },
]
const testPackages = [
  { command: 'clamdscan', name: 'clamdscan', without: 'scan times have nothing to be measured against' },
  { command: 'pgbouncer', name: 'pgbouncer', without: 'the tests with a connection pooler fail' },
  { command: 'redis-server', name: 'redis-server', without: 'the tests of the Valkey cache fail' },
  { command: 'chromium', name: 'chromium', without: 'the tests with a browser fail' },
  {
    file: '/usr/share/clamav-testfiles/clam.exe',
    name: 'clamav-testfiles',
    without: 'the scanner is tried on fewer kinds of archives',
  },
]

async function main() {
  requireNode()
  if (!packagesAreCurrent()) await installPackages()
  requireProjectNode()
  await installSystemPackages()
}

function requireNode() {
  const major = Number(process.versions.node.split('.')[0])
  if (major < 18)
    throw new Error(`Node ${process.versions.node} is too old to begin with: any Node from 18 on will do.`)
}

/** npm notes what it installed in a lock file of its own, written last; it leaves out what other machines need. */
function packagesAreCurrent() {
  const wanted = readLock('package-lock.json')
  const installed = readLock('node_modules/.package-lock.json')
  const isOptional = ({ optional, devOptional, peer }) => optional || devOptional || peer
  return (
    Object.entries(installed).every(([path, { integrity }]) => wanted[path]?.integrity === integrity) &&
    Object.entries(wanted).every(([path, entry]) => installed[path] || isOptional(entry))
  )
}

/** By their place; the project itself is the one at ''. */
function readLock(file) {
  const path = join(root, file)
  if (!existsSync(path)) return {}
  const { '': _project, ...packages } = JSON.parse(readFileSync(path, 'utf8')).packages
  return packages
}

async function installPackages() {
  const npm = process.env.npm_execpath
  // At this level npm names every package it has fetched, which is all there is to see of its progress.
  const install = ['ci', '--loglevel=http', '--no-fund', '--no-audit']
  const [command, args] = npm ? [process.execPath, [npm, ...install]] : ['npm', install]
  const total = Object.values(readLock('package-lock.json')).filter(isForThisMachine).length
  let fetched = 0
  await runStep('Installing npm packages (npm ci)', command, args, {
    env: { ...process.env, npm_config_engine_strict: 'false' },
    isNoise: (line) => /^npm (http|warn)/.test(line),
    describe: (line) => {
      if (/^npm http fetch GET 200 \S+\.tgz/.test(line)) fetched += 1
      if (fetched === 0) return 'looking them up'
      return fetched < total ? `${fetched} of ${total}` : 'unpacking'
    },
  })
}

/** About: machines with musl fetch a few others. */
function isForThisMachine({ os, cpu, libc, link, inBundle }) {
  const isForOthers = (os && !os.includes(process.platform)) || (cpu && !cpu.includes(process.arch))
  return !isForOthers && !link && !inBundle && !libc?.includes('musl')
}

/** The `node` package brings Node 24; a failed download leaves it out without failing npm. */
function requireProjectNode() {
  const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (!existsSync(node)) {
    throw new Error(
      'npm could not bring Node 24 (package "node"). Allow its install script, or delete node_modules and try again with network access.',
    )
  }
}

const systemPackages = isForTests ? [...runPackages, ...testPackages] : runPackages
const isThere = ({ command, file }) => (file ? existsSync(file) : isOnPath(command))
const missingPackages = () => systemPackages.filter((wanted) => !isThere(wanted))

async function installSystemPackages() {
  const names = missingPackages().map(({ name }) => name)
  if (names.length === 0) return
  if (!isOnPath('apt-get')) return explain('There is no apt here.')
  const elevate = process.getuid?.() === 0 ? [] : isOnPath('sudo') && canSudo() ? ['sudo', '-n'] : undefined
  if (!elevate) return explain('apt needs root here.')

  const wait = ['-o', 'DPkg::Lock::Timeout=120']
  const apt = (title, ...args) => {
    const line = [
      ...elevate,
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'apt-get',
      '-y',
      '-q',
      ...wait,
      ...args,
    ]
    return runStep(title, line[0], line.slice(1), {})
  }
  // One foreign source that does not answer fails this; what we need may well be in the others.
  await apt('Refreshing the package lists (apt-get update)', 'update').catch(warn)
  await apt(
    `Installing ${names.join(', ')} (apt-get install)`,
    ...['install', '--no-install-recommends', ...names],
  ).catch(warn)
  if (missingPackages().length > 0) explain('apt could not install everything.')
}

const warn = ({ message }) => console.warn(`! ${message}`)

/** In CI a missing tool is a failure; on a developer's machine the platform runs without it and says so. */
function explain(reason) {
  const rows = missingPackages().map(({ name, without }) => `    ${name.padEnd(18)}without it ${without}`)
  const message = [`${reason} Please install by hand:`, ...rows].join('\n')
  if (process.env.CI) throw new Error(message)
  console.warn(`! ${message}`)
}

function canSudo() {
  try {
    execFileSync('sudo', ['-n', 'true'], { stdio: 'ignore', timeout: 5_000 })
    return true
  } catch {
    return false
  }
}

function isOnPath(command) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin']
  return folders.some((folder) => folder && isExecutable(join(folder, command)))
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * Runs one step with a moving clock on a terminal, quiet otherwise; its output is shown only when it fails.
 * `describe` makes of a line what is shown of it while it runs; what `isNoise` says nothing about a failure.
 */
function runStep(
  title,
  command,
  args,
  { env = process.env, describe = (line) => line, isNoise = () => false },
) {
  return new Promise((resolve, reject) => {
    const started = Date.now()
    const seconds = () => `${((Date.now() - started) / 1_000).toFixed(0)} s`
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const output = []
    let latest = ''
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        latest = describe(line)
        if (!isNoise(line)) output.push(line)
      })
    }

    if (!isTerminal) console.log(`- ${title}`)
    const draw = () =>
      isTerminal && process.stdout.write(`\r\x1b[K${cutToWidth(`⠿ ${title} · ${seconds()} · ${latest}`)}`)
    const tick = setInterval(draw, 200)
    draw()
    const end = (mark) => {
      clearInterval(tick)
      console.log(`${isTerminal ? '\r\x1b[K' : ''}${mark} ${title} · ${seconds()}`)
    }
    child.on('error', (error) => {
      end('✖')
      reject(new Error(`${command} could not be started: ${error.message}`))
    })
    child.on('close', (code, signal) => {
      end(code === 0 ? '✔' : '✖')
      const lastWords = output.slice(-LINES_OF_FAILURE).join('\n').trim()
      if (code === 0) resolve()
      else
        reject(new Error(`${command} ${args.join(' ')} failed (${signal ?? `exit ${code}`}):\n${lastWords}`))
    })
  })
}

const LINES_OF_FAILURE = 30

/** A line that wraps cannot be drawn over. */
const cutToWidth = (text) => text.slice(0, (process.stdout.columns || 80) - 1)

await main().catch((error) => {
  console.error(`\n✖ ${error.message}`)
  process.exit(1)
})
