/**
 * Fetches the native binaries that Lambda needs and this machine does not (Lambda is linux/arm64 here), so that
 * the bundles hold them; run by the CDK CLI before the build. npm alone installs only the machine's own.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const root = path.dirname(import.meta.dirname)
const modules = path.join(root, 'node_modules')
const binaries = [{ of: '@node-rs/bcrypt', name: '@node-rs/bcrypt-linux-arm64-gnu' }]

for (const { of, name } of binaries) {
  if (existsSync(path.join(modules, name))) continue
  const { version } = JSON.parse(readFileSync(path.join(modules, of, 'package.json'), 'utf8'))
  try {
    fetchPackage(name, version)
  } catch {
    // Synthesis works offline; what is deployed from here would not.
    const warning = 'could not be fetched. DO NOT DEPLOY what is built now: nobody could sign in.'
    process.stderr.write(`! ${name}@${version} ${warning}\n`)
  }
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
