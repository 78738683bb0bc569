/**
 * The set-up step of `npm start` and `npm test`: installs what is missing and says so. Plain JavaScript for
 * any Node from 18 on, because it runs before the project's own Node 24 is there. Under a second when
 * nothing is missing.
 */
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const isTerminal = process.stdout.isTTY === true

/** What the project takes from the system, by the command that shows it is there. */
const systemPackages = [
  { command: 'clamd', name: 'clamav-daemon', need: 'scans uploads' },
  { command: 'freshclam', name: 'clamav-freshclam', need: 'fetches virus definitions' },
  { command: 'clamdscan', name: 'clamdscan', need: 'is what scan times are measured against' },
  { command: 'pgbouncer', name: 'pgbouncer', need: 'stands for RDS Proxy in the tests' },
]

async function main() {
  requireNode()
  if (!packagesAreCurrent()) await installPackages()
  requireProjectNode()
  await installSystemPackages(systemPackages.filter(({ command }) => !isOnPath(command)))
}

function requireNode() {
  const major = Number(process.versions.node.split('.')[0])
  if (major < 18)
    throw new Error(`Node ${process.versions.node} is too old to begin with: any Node from 18 on will do.`)
}

/** npm writes node_modules/.package-lock.json; our stamp beside it says which lock file it was made from. */
const stampFile = join(root, 'node_modules', '.veza-lock')
const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')

function packagesAreCurrent() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lockHash()
}

async function installPackages() {
  const npm = process.env.npm_execpath
  const [command, args] = npm ? [process.execPath, [npm, 'ci']] : ['npm', ['ci']]
  const env = {
    ...process.env,
    npm_config_fund: 'false',
    npm_config_audit: 'false',
    npm_config_engine_strict: 'false',
  }
  await runStep('Installing npm packages (npm ci)', command, args, env)
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, lockHash())
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

async function installSystemPackages(missing) {
  if (missing.length === 0) return
  const names = missing.map(({ name }) => name)
  const byHand = `Install by hand: ${missing.map(({ name, need }) => `${name} (${need})`).join(', ')}.`
  if (!isOnPath('apt-get')) return explain(`There is no apt here. ${byHand}`)

  const elevate = process.getuid?.() === 0 ? [] : isOnPath('sudo') && canSudo() ? ['sudo', '-n'] : undefined
  if (!elevate) return explain(`apt needs root here. ${byHand}`)

  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args) => [
    ...elevate,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-y',
    '-q',
    ...args,
  ]
  const [update, install] = [apt('update'), apt('install', '--no-install-recommends', ...names)]
  try {
    await runStep('Refreshing the package lists (apt-get update)', update[0], update.slice(1), env)
    await runStep(`Installing ${names.join(', ')} (apt-get install)`, install[0], install.slice(1), env)
  } catch (error) {
    explain(`${error.message}\n  ${byHand}`)
  }
}

/** In CI a missing tool is a failure; on a developer's machine the platform runs without it and says so. */
function explain(message) {
  if (process.env.CI) throw new Error(message)
  console.warn(`! ${message}\n  Until then what needs them stays closed: uploads wait for their scan.`)
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
  return folders.some((folder) => folder && existsSync(join(folder, command)))
}

/** Runs one step with a moving clock on a terminal, quiet otherwise; its output is shown only when it fails. */
function runStep(title, command, args, env) {
  return new Promise((resolve, reject) => {
    const started = Date.now()
    const seconds = () => `${((Date.now() - started) / 1_000).toFixed(0)} s`
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let latest = ''
    const collect = (chunk) => {
      output = (output + chunk).slice(-20_000)
      latest = String(chunk).trim().split('\n').pop().slice(0, 60)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)

    if (!isTerminal) console.log(`- ${title}`)
    const tick = setInterval(
      () => isTerminal && process.stdout.write(`\r\x1b[K⠿ ${title} · ${seconds()}  ${latest}`),
      200,
    )
    const end = (mark) => {
      clearInterval(tick)
      console.log(`${isTerminal ? '\r\x1b[K' : ''}${mark} ${title} · ${seconds()}`)
    }
    child.on('error', (error) => {
      end('✖')
      reject(new Error(`${command} could not be started: ${error.message}`))
    })
    child.on('close', (code) => {
      end(code === 0 ? '✔' : '✖')
      if (code === 0) resolve()
      else reject(new Error(`${command} ${args.join(' ')} failed (exit ${code}):\n${output.trim()}`))
    })
  })
}

await main().catch((error) => {
  console.error(`\n✖ ${error.message}`)
  process.exit(1)
})
