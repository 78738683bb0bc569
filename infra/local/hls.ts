/** Reads HLS as a player would: the manifest, its variants, every segment. */
export interface PlayableStream {
  readonly variants: number
  readonly segments: number
  readonly bytes: number
  readonly seconds: number
}

/** Fetches everything a manifest names; throws with the URL's path where something cannot be played. */
export async function checkHls(manifestUrl: string): Promise<PlayableStream> {
  const manifest = await fetchPlaylist(manifestUrl)
  const variants = manifest.includes('#EXT-X-STREAM-INF') ? urisOf(manifest, manifestUrl) : [manifestUrl]
  let [segments, bytes, seconds] = [0, 0, 0]
  for (const variant of variants) {
    const playlist = await fetchPlaylist(variant)
    seconds = Math.max(seconds, durationOf(playlist))
    for (const segment of urisOf(playlist, variant)) {
      bytes += (await fetchOk(segment)).length
      segments += 1
    }
  }
  if (segments === 0) throw new Error('The manifest names no segment')
  return { variants: variants.length, segments, bytes, seconds }
}

async function fetchPlaylist(url: string): Promise<string> {
  const text = (await fetchOk(url)).toString()
  if (!text.startsWith('#EXTM3U')) throw new Error(`${new URL(url).pathname} is not an HLS playlist`)
  return text
}

async function fetchOk(url: string): Promise<Buffer> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${new URL(url).pathname} answered ${response.status}`)
  return Buffer.from(await response.arrayBuffer())
}

const urisOf = (playlist: string, base: string) =>
  playlist
    .split(/\r?\n/)
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => new URL(line, base).href)

const durationOf = (playlist: string) =>
  [...playlist.matchAll(/#EXTINF:([\d.]+)/g)].reduce((sum, [, length]) => sum + Number(length), 0)
