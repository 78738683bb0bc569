import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

/** The files of the page, by their media types. */
const files = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'theme.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'start.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
} as const
type FileName = keyof typeof files

interface Asset {
  readonly type: string
  readonly bytes: Buffer
  /** Made on first use and kept: compressing the largest takes about 100 ms. */
  readonly encoded: Map<Encoding, Promise<Buffer>>
}

type Encoding = 'br' | 'gzip'

const encoders: Record<Encoding, (bytes: Buffer) => Promise<Buffer>> = {
  br: (bytes) =>
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } } as never),
  gzip: (bytes) => promisify(gzip)(bytes),
}

/**
 * The interactive reference of the API, with nothing from elsewhere. Each file's public name holds a hash of
 * its content, so that it may be kept for ever.
 */
export function createReferencePage({ directories }: { readonly directories: readonly string[] }) {
  let loading: ReturnType<typeof load> | undefined
  const loaded = () => {
    loading ??= load(directories)
    return loading
  }

  return {
    async html(): Promise<string> {
      return (await loaded()).html
    },

    async findAsset(name: string, acceptEncoding = ''): Promise<ServedAsset | undefined> {
      const asset = (await loaded()).assets.get(name)
      if (!asset) return undefined
      const encoding = chooseEncoding(acceptEncoding)
      return { type: asset.type, encoding, bytes: encoding ? await encode(asset, encoding) : asset.bytes }
    },
  }
}

interface ServedAsset {
  readonly type: string
  readonly encoding: Encoding | undefined
  readonly bytes: Buffer
}

async function load(directories: readonly string[]) {
  const assets = new Map<string, Asset>()
  const names = {} as Record<FileName, string>
  for (const [file, type] of Object.entries(files) as [FileName, string][]) {
    const bytes = await readFirst(directories, file)
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16)
    const { name, ext } = path.parse(file)
    names[file] = `${name}.${hash}${ext}`
    assets.set(names[file], { type, bytes, encoded: new Map() })
  }
  return { assets, html: toHtml(names) }
}

async function readFirst(directories: readonly string[], file: string): Promise<Buffer> {
  for (const directory of directories) {
    const bytes = await readFile(path.join(directory, file)).catch(() => undefined)
    if (bytes) return bytes
  }
  throw new Error(`${file} is in none of ${directories.join(', ')}`)
}

function encode({ bytes, encoded }: Asset, encoding: Encoding): Promise<Buffer> {
  const known = encoded.get(encoding)
  if (known) return known
  const result = encoders[encoding](bytes)
  encoded.set(encoding, result)
  return result
}

function chooseEncoding(accepted: string): Encoding | undefined {
  const wanted = accepted
    .toLowerCase()
    .split(',')
    .map((one) => one.split(';').map((part) => part.trim()))
    .filter(([, quality]) => !quality || !/^q=0(\.0*)?$/.test(quality))
    .map(([name]) => name)
  return (['br', 'gzip'] as const).find((encoding) => wanted.includes(encoding))
}

const toHtml = (names: Record<FileName, string>) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Veza API reference</title>
<link rel="icon" href="/docs/${names['icon.svg']}">
<link rel="stylesheet" href="/docs/${names['swagger-ui.css']}">
<link rel="stylesheet" href="/docs/${names['theme.css']}">
<script src="/docs/${names['swagger-ui-bundle.js']}" defer></script>
<script src="/docs/${names['start.js']}" defer></script>
</head>
<body>
<main id="reference"></main>
<noscript>This page needs JavaScript. The same is in <a href="/api/v1/openapi.json">openapi.json</a>.</noscript>
</body>
</html>
`
