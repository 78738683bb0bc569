import path from 'node:path'
import { build } from 'esbuild'

test('the route table, which infra and the reference page read, brings along neither driver nor SDK', async () => {
  const { metafile } = await build({
    entryPoints: [path.resolve('functions/routes.ts')],
    bundle: true,
    platform: 'node',
    packages: 'external',
    write: false,
    metafile: true,
  })
  const packages = Object.values(metafile.inputs).flatMap(({ imports }) =>
    imports.filter(({ external }) => external).map(({ path: name }) => name),
  )
  expect([...new Set(packages)]).toEqual(['zod/mini'])
})
