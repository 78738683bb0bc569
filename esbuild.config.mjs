import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { context, build as esbuild } from 'esbuild'

/**
 * One minified CommonJS file per function, dist/<function>/index.js, with what else it needs beside it.
 * CommonJS, because an ESM bundle that imports `node:http` pays ~40 ms more at start; source maps go to
 * dist/maps, never into what is deployed.
 */
const root = import.meta.dirname
const dist = path.join(root, 'dist')

/** By which the countries of addresses, and the addresses of servers, are told. */
const addressFiles = [
  ['node_modules/@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb', 'countries.mmdb'],
  ['lib/analytics/clients/datacenters.txt', 'datacenters.txt'],
]

/** Files a function reads at run time, copied as they are: [from, to below dist/<function>]. */
const assets = {
  analytics: addressFiles,
  tracks: addressFiles,
  migrate: [['lib/db/migrations', 'migrations']],
  'scan-worker': [['functions/scan-worker/image', '.']],
  'definitions-updater': [['functions/definitions-updater/image', '.']],
  system: [
    ['functions/system/docs', 'docs'],
    ['node_modules/swagger-ui-dist/swagger-ui.css', 'docs/swagger-ui.css'],
    ['node_modules/swagger-ui-dist/swagger-ui-bundle.js', 'docs/swagger-ui-bundle.js'],
  ],
  marketplace: ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((font) => [
    `node_modules/dejavu-fonts-ttf/ttf/${font}`,
    `fonts/${font}`,
  ]),
}

/**
 * Native packages stay outside the bundle; every platform's binary that is installed goes along, beside the function
 * that imports the package and no other.
 */
const nativePackages = [
  { name: '@node-rs/bcrypt', binaries: ['@node-rs/bcrypt-'] },
  // Its own code asks for the binary by a name made at run time, so that goes along as it is.
  {
    name: 'sharp',
    binaries: ['@img/sharp-'],
    whole: ['sharp', 'detect-libc', 'semver', '@img/colour'],
  },
  // A program; its own code only says where it lies.
  {
    name: '@ffmpeg-installer/ffmpeg',
    binaries: ['@ffmpeg-installer/linux-'],
    whole: ['@ffmpeg-installer/ffmpeg'],
  },
]

const functionNames = (await readdir(path.join(root, 'functions'), { withFileTypes: true }))
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .filter((name) => existsSync(path.join(root, 'functions', name, 'handler.ts')))

/**
 * Packages imported with `await import('@aws-sdk/…')`, the clients of the cache and of Stripe, the list of passwords,
 * what draws PDFs and what tells programs and countries become files of their own, read on first use: inlined, an SDK client that is never called still
 * costs 12-20 ms of parsing at every cold start.
 */
const lazyPackages = {
  name: 'lazy-packages',
  setup: ({ onResolve }) =>
    onResolve(
      {
        filter:
          /^(@aws-sdk\/|@simplewebauthn\/server$|@zxcvbn-ts\/language-common$|iovalkey$|pdfkit$|stripe$|isbot$|mmdb-lib$)/,
      },
      ({ kind, path: name }) =>
        kind === 'dynamic-import' ? { path: `./${lazyFile(name)}`, external: true } : undefined,
    ),
}
const lazyFile = (name) => `lazy/${name.replace('/', '+')}.js`

const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  mainFields: ['module', 'main'],
  // `import()` of a file beside the bundle becomes a plain `require`.
  supported: { 'dynamic-import': false },
  legalComments: 'none',
  logLevel: 'warning',
}

/** @param {(changed: string[]) => void} [onBuilt] told which functions' bundles changed */
const options = (onBuilt = () => {}) => ({
  ...common,
  entryPoints: functionNames.map((name) => ({ in: `functions/${name}/handler.ts`, out: `${name}/index` })),
  outdir: dist,
  sourcemap: 'external',
  sourcesContent: false,
  external: nativePackages.flatMap(({ binaries, whole = [] }) => [
    ...binaries.map((prefix) => `${prefix}*`),
    ...whole,
  ]),
  logOverride: { 'require-resolve-not-external': 'silent', 'empty-import-meta': 'silent' },
  metafile: true,
  write: false,
  plugins: [
    lazyPackages,
    {
      name: 'artefacts',
      setup: (build) => build.onEnd(async (result) => onBuilt(await writeArtefacts(result))),
    },
  ],
})

async function writeArtefacts({ errors, outputFiles = [], metafile }) {
  if (errors.length > 0) return []
  const changed = []
  for (const { path: file, contents } of outputFiles) {
    const name = path.basename(path.dirname(file))
    const isMap = file.endsWith('.map')
    const target = isMap ? path.join(dist, 'maps', `${name}.js.map`) : file
    if ((await writeIfChanged(target, contents)) && !isMap) changed.push(name)
  }
  for (const name of functionNames) await copyBeside(name, metafile)
  return changed
}

async function writeIfChanged(file, contents) {
  const before = await readFile(file).catch(() => undefined)
  if (before?.equals(contents)) return false
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, contents)
  return true
}

async function copyBeside(name, metafile) {
  // The repository is an ES module package; what is deployed is CommonJS wherever it lies.
  await writeIfChanged(path.join(dist, name, 'package.json'), Buffer.from('{"type":"commonjs"}'))
  for (const [from, to] of assets[name] ?? []) {
    // What an earlier build put there may have another name by now: a migration that runs twice, say.
    if (to !== '.') await rm(path.join(dist, name, to), { recursive: true, force: true })
    await cp(path.join(root, from), path.join(dist, name, to), { recursive: true })
  }
  const imports = metafile?.outputs[`dist/${name}/index.js`]?.imports ?? []
  for (const native of nativePackages.filter((pkg) => imports.some(({ path }) => isOf(pkg, path)))) {
    await copyNative(native, path.join(dist, name, 'node_modules'))
  }
  const lazy = new Set(imports.map(({ path }) => path).filter((file) => file.startsWith('./lazy/')))
  for (const file of lazy) {
    await writeIfChanged(
      path.join(dist, name, file),
      await buildLazy(path.basename(file, '.js').replace('+', '/')),
    )
  }
}

/** Built once a process; the packages do not change while it watches. */
const built = new Map()
function buildLazy(name) {
  // As a module pdfkit looks for files beside its own, whose place a bundle in CommonJS cannot tell.
  const contents = name === 'pdfkit' ? `module.exports = require('${name}')` : `export * from '${name}'`
  const stdin = { contents, resolveDir: root }
  const build = async () =>
    Buffer.from((await esbuild({ ...common, stdin, write: false })).outputFiles[0].contents)
  if (!built.has(name)) built.set(name, build())
  return built.get(name)
}

const isOf = ({ name, binaries }, file) => file === name || binaries.some((prefix) => file.startsWith(prefix))

async function copyNative({ binaries, whole = [] }, target) {
  const installed = await Promise.all(binaries.map(listInstalled))
  for (const name of [...whole, ...installed.flat()]) {
    // What is there from an earlier build is the same, unless the package itself is another.
    const [from, to] = [path.join(root, 'node_modules', name), path.join(target, name)]
    if ((await versionOf(from)) === (await versionOf(to))) continue
    await rm(to, { recursive: true, force: true })
    await cp(from, to, { recursive: true, filter: isNeeded })
  }
}

async function listInstalled(prefix) {
  const scope = path.dirname(prefix)
  const entries = await readdir(path.join(root, 'node_modules', scope))
  return entries.map((entry) => `${scope}/${entry}`).filter((name) => name.startsWith(prefix))
}

const versionOf = async (folder) =>
  JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8').catch(() => '{}')).version

/** Sources of the binaries, declarations and texts are nothing to a function. */
const isNeeded = (file) => !/(\/(src|install)|\.d\.[cm]?ts|\.mjs|\.md)$/.test(file)

/** Builds every function once. */
export async function buildAll() {
  await esbuild(options())
}

/** Builds, then again whenever a source changes; resolves to a function that stops it. */
export async function watch(onBuilt) {
  const builder = await context(options(onBuilt))
  await builder.watch()
  return () => builder.dispose()
}

async function removeGone() {
  if (!existsSync(dist)) return
  const kept = new Set([...functionNames, 'maps'])
  for (const entry of await readdir(dist)) {
    if (!kept.has(entry)) await rm(path.join(dist, entry), { recursive: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await removeGone()
  await buildAll()
}
