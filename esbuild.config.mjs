import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, context } from 'esbuild'

/**
 * One minified CommonJS file per function: dist/<function>/index.js, with what else it needs beside it.
 * CommonJS, because an ESM bundle that imports `node:http` pays ~40 ms more at start.
 * Source maps go to dist/maps, never into what is deployed.
 */
const root = path.dirname(fileURLToPath(import.meta.url))
const dist = path.join(root, 'dist')
const require = createRequire(import.meta.url)

const functions = (await readdir(path.join(root, 'functions'), { withFileTypes: true }))
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)

/** Files a function needs beside its bundle, copied as they are. */
const assets = {
  migrate: [['lib/db/migrations', 'migrations']],
  'scan-worker': [['functions/scan-worker/image', '.']],
}

const options = {
  absWorkingDir: root,
  entryPoints: functions.map((name) => ({ in: `functions/${name}/handler.ts`, out: `${name}/index` })),
  outdir: dist,
  bundle: true,
  minify: true,
  keepNames: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  sourcemap: 'external',
  sourcesContent: false,
  loader: { '.node': 'copy', '.sql': 'text' },
  legalComments: 'none',
  logLevel: 'warning',
}
