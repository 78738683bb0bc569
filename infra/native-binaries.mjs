/**
 * Fetches the native binaries that Lambda needs and this machine does not (Lambda is linux/arm64 here), so that
 * the bundles hold them; run by the CDK CLI before the build. npm alone installs only the machine's own.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const root = path.dirname(import.meta.dirname)
const modules = path.join(root, 'node_modules')
const binaries = [
  { of: '@node-rs/bcrypt', name: '@node-rs/bcrypt-linux-arm64-gnu', without: 'nobody could sign in' },
  { of: 'sharp', name: '@img/sharp-linux-arm64', without: 'no picture could be drawn' },
  {
    of: '@img/sharp-linux-arm64',
    name: '@img/sharp-libvips-linux-arm64',
    without: 'no picture could be drawn',
  },
  {
    of: '@ffmpeg-installer/ffmpeg',
    name: '@ffmpeg-installer/linux-arm64',
    program: 'ffmpeg',
    without: 'nothing could be listened to',
  },
]

for (const { of, name, program, without } of binaries) {
  if (existsSync(path.join(modules, name))) continue
  const version = versionFor(of, name)
  try {
    if (!version) throw new Error(`${of} is not there`)
    fetchPackage(name, version)
    // Its own script would do that, and no script of a package is run here.
    if (program) chmodSync(path.join(modules, name, program), 0o755)
  } catch {
    // Synthesis works offline; what is deployed from here would not.
    const warning = `could not be fetched. DO NOT DEPLOY what is built now: ${without}.`
    process.stderr.write(`! ${name}@${version} ${warning}\n`)
  }
}

/** That of the package itself, unless it names one for this part of it. */
function versionFor(of, name) {
  const file = path.join(modules, of, 'package.json')
  if (!existsSync(file)) return undefined
  const { version, optionalDependencies = {} } = JSON.parse(readFileSync(file, 'utf8'))
  return optionalDependencies[name] ?? version
}

function fetchPackage(name, version) {
  const folder = mkdtempSync(path.join(tmpdir(), 'veza-native-'))
  const flags = ['--force', '--no-save', '--ignore-scripts', '--fetch-retries=0', '--fetch-timeout=10000']
  try {
    execFileSync('npm', ['install', '--prefix', folder, ...flags, `${name}@${version}`], {
      stdio: 'ignore',
      timeout: 60_000,
    })
    cpSync(path.join(folder, 'node_modules', name), path.join(modules, name), { recursive: true })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
