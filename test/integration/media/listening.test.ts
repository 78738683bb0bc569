import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { jest } from '@jest/globals'
import { FfmpegFailed, runFfmpeg } from '../../../lib/media/analysis/ffmpeg.ts'
import { listenTo } from '../../../lib/media/analysis/listening.ts'
import { ReadToAndFro, type ServedObject, serveObject } from '../../../lib/media/analysis/object-server.ts'
import { makeClip } from '../../../lib/media/analysis/preview-clip.ts'
import type { Container } from '../../../lib/media/audio-types.ts'
import { type AudioFormat, audioFormats, containers, encodeSound, makeAudio } from '../../support/audio.ts'

jest.setTimeout(60_000)

interface Heard {
  readonly container?: Container
  readonly channels?: number
}

const inMemory = (bytes: Buffer): ServedObject => ({
  size_bytes: bytes.length,
  getRange: async (first, last) => bytes.subarray(first, last + 1),
})

async function listen(bytes: Buffer, { container = 'wav', channels = 2 }: Heard = {}) {
  await using source = await serveObject(inMemory(bytes))
  return await listenTo({ url: source.url, container, channels }, 30_000)
}

/** A sine at that level of full scale, in both channels. It begins softly: a jump would peak higher than it. */
const sine = (dbfs: number, { hz = 1000, seconds = 20, rate = 48_000, phase = 0 } = {}) =>
  encodeSound('wav', [
    ...['-f', 'lavfi', '-i'],
    `aevalsrc='min(1\\,20*t)*pow(10\\,${dbfs}/20)*sin(2*PI*${hz}*t+${phase})':c=stereo:s=${rate}:d=${seconds}`,
    ...['-c:a', 'pcm_s24le'],
  ])

describe('every format', () => {
  test.each(Object.keys(audioFormats) as AudioFormat[])('%s is heard to its end', async (format) => {
    const heard = await listen(await makeAudio(format, { seconds: 3 }), { container: containers[format] })
    expect(Math.abs(heard.duration_ms - 3000)).toBeLessThan(150)
    expect(heard.loudness!.integrated_lufs).toBeGreaterThan(-40)
    expect(heard.overview.length).toBeGreaterThanOrEqual(1000)
    expect(heard.detail.samples_per_pixel).toBe(2400)
  })

  test.each([
    { channels: 1, rate: 8_000 },
    { channels: 1, rate: 48_000 },
    { channels: 2, rate: 192_000 },
    { channels: 6, rate: 48_000 },
    { channels: 8, rate: 44_100 },
  ])('$channels channels at $rate Hz are heard', async ({ channels, rate }) => {
    const source = `sine=frequency=440:sample_rate=${rate}:duration=2`
    const bytes = await encodeSound('wav', [
      ...['-f', 'lavfi', '-i', source, '-ac', String(channels), '-ar', String(rate), '-c:a', 'pcm_s16le'],
    ])
    const heard = await listen(bytes, { channels })
    expect(heard.duration_ms).toBe(2000)
    expect(heard.loudness).not.toBeNull()
    expect(Math.max(...heard.overview.data)).toBeGreaterThan(0)
  })

  test('an M4A with its index at the end is heard without a copy on disk', async () => {
    const bytes = await makeAudio('m4a', { seconds: 3 })
    expect(bytes.indexOf('moov')).toBeGreaterThan(bytes.indexOf('mdat'))
    expect((await listen(bytes, { container: 'mp4' })).duration_ms).toBeGreaterThan(2900)
  })
})

describe('loudness', () => {
  // EBU Tech 3341, cases 1 and 2.
  test.each([-23, -33])('a stereo sine of 1 kHz at %d dBFS has as many LUFS', async (level) => {
    const { loudness } = await listen(await sine(level))
    expect(Math.abs(loudness!.integrated_lufs - level)).toBeLessThan(0.11)
    expect(Math.abs(loudness!.true_peak_dbtp! - level)).toBeLessThanOrEqual(0.2)
    expect(loudness!.range_lu!).toBeLessThanOrEqual(0.1)
  })

  // EBU Tech 3341, case 3: silence and quiet passages around the music do not count.
  test('quiet before and after does not count', async () => {
    const level = 'pow(10\\,if(between(t\\,5\\,25)\\,-23\\,-36)/20)'
    const bytes = await encodeSound('wav', [
      ...['-f', 'lavfi', '-i', `aevalsrc='${level}*sin(2*PI*1000*t)':c=stereo:s=48000:d=30`],
    ])
    expect(Math.abs((await listen(bytes)).loudness!.integrated_lufs + 23)).toBeLessThan(0.11)
  })

  // Samples of a quarter of the rate at 45 degrees reach 0.707 of what lies between them.
  test('a peak between two samples is found', async () => {
    const { loudness, overview } = await listen(
      await sine(-6, { hz: 12_000, phase: Math.PI / 4, seconds: 5 }),
    )
    expect(Math.max(...overview.data) / 128).toBeLessThan(0.37)
    expect(Math.abs(loudness!.true_peak_dbtp! + 6)).toBeLessThanOrEqual(0.4)
  })

  test('a piece driven into its limits peaks above full scale', async () => {
    const bytes = await encodeSound('wav', [
      ...['-f', 'lavfi', '-i', `aevalsrc='clip(3*sin(2*PI*997*t)\\,-1\\,1)':c=stereo:s=48000:d=5`],
      ...['-c:a', 'pcm_s16le'],
    ])
    const { loudness, overview } = await listen(bytes)
    expect(loudness!.true_peak_dbtp!).toBeGreaterThanOrEqual(0)
    expect([Math.min(...overview.data), Math.max(...overview.data)]).toEqual([-128, 127])
  })

  test.each([
    { name: 'silence', source: 'anullsrc=r=48000', seconds: 5 },
    { name: 'a tenth of a second', source: 'sine=frequency=440:duration=0.1', seconds: 0.1 },
  ])('$name has neither loudness nor tempo nor key, but a waveform', async ({ source, seconds }) => {
    const bytes = await encodeSound('wav', ['-f', 'lavfi', '-i', source, '-t', String(seconds), '-ac', '2'])
    const heard = await listen(bytes)
    expect(heard).toMatchObject({ loudness: null, tempo: null, key: null, loudest_ms: 0 })
    expect(heard.overview.length).toBeGreaterThanOrEqual(1000)
  })
})

describe('what a file is made to do', () => {
  /** A server that nobody may call. */
  async function watch() {
    let calls = 0
    const server = createServer((_, response) => {
      calls++
      response.end('#EXTM3U')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return { url, calls: () => calls, close: () => server.close() }
  }

  test.each<Container>(['mp3', 'mp4', 'ogg', 'wav', 'flac', 'aac', 'aiff'])(
    'a playlist that is taken for %s opens no other address',
    async (container) => {
      const elsewhere = await watch()
      const playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${elsewhere.url}/a.ts\n#EXT-X-ENDLIST\n`
      await expect(listen(Buffer.from(playlist.repeat(50)), { container })).rejects.toThrow(FfmpegFailed)
      expect(elsewhere.calls()).toBe(0)
      elsewhere.close()
    },
  )

  test('a film that keeps its sound in other files opens none of them', async () => {
    const elsewhere = await watch()
    const bytes = withReference(await makeAudio('m4a', { seconds: 1 }), `${elsewhere.url}/secret.m4a`)
    // Whether or not it can be heard by what is in it alone.
    await listen(bytes, { container: 'mp4' }).catch(() => {})
    expect(elsewhere.calls()).toBe(0)
    elsewhere.close()
  })

  test('a file that has its reader start over again and again is left', async () => {
    const bytes = Buffer.alloc(100_000, 'no song at all ')
    await using source = await serveObject(inMemory(bytes))
    await expect(listenTo({ url: source.url, container: 'mp3', channels: 2 }, 30_000)).rejects.toThrow()
    expect(source.failure()).toBeInstanceOf(ReadToAndFro)
  })

  test('the object is there for its reader alone', async () => {
    await using source = await serveObject(inMemory(Buffer.from('0123456789')))
    const { origin } = new URL(source.url)
    expect((await fetch(origin)).status).toBe(404)
    expect((await fetch(`${origin}/${crypto.randomUUID()}`)).status).toBe(404)
    const part = await fetch(source.url, { headers: { range: 'bytes=3-5' } })
    expect([part.status, await part.text()]).toEqual([206, '345'])
    expect((await fetch(source.url, { headers: { range: 'bytes=10-' } })).status).toBe(416)
  })
})

describe('how it ends', () => {
  const endless = ['-f', 'lavfi', '-re', '-i', 'sine=frequency=440', '-f', 's16le', 'pipe:1']
  /** Those that were started with that word. */
  const processesWith = (mark: string) =>
    readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(mark))

  const commandOf = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    } catch {
      return ''
    }
  }

  test('after its time, and nothing of it goes on', async () => {
    const mark = `comment=${crypto.randomUUID()}`
    const args = [...endless.slice(0, 5), '-metadata', mark, ...endless.slice(5)]
    const ended = runFfmpeg({ args, sinks: [() => {}], timeoutMs: 500 })
    await expect(ended).rejects.toMatchObject({ reason: 'timeout' })
    expect(processesWith(mark)).toEqual([])
  })

  test('killed from outside, it says so: that is no fault of the file', async () => {
    const mark = `comment=${crypto.randomUUID()}`
    const args = [...endless.slice(0, 5), '-metadata', mark, ...endless.slice(5)]
    const sink = () => {
      for (const pid of processesWith(mark)) process.kill(Number(pid), 'SIGKILL')
    }
    await expect(runFfmpeg({ args, sinks: [sink], timeoutMs: 30_000 })).rejects.toMatchObject({
      reason: 'killed',
    })
  })

  test('when whoever takes its output can take no more', async () => {
    const sink = () => {
      throw new RangeError('enough')
    }
    await expect(runFfmpeg({ args: endless, sinks: [sink], timeoutMs: 30_000 })).rejects.toThrow('enough')
  })

  test('with none of our environment', async () => {
    process.env.HTTP_PROXY_TEST_SECRET = 'hidden'
    const log = await runFfmpeg({ args: ['-hide_banner', '-version'], sinks: [() => {}], timeoutMs: 30_000 })
    expect(log).not.toContain('hidden')
    delete process.env.HTTP_PROXY_TEST_SECRET
  })
})

describe('a preview', () => {
  const clipOf = async (
    bytes: Buffer,
    clip: Parameters<typeof makeClip>[1],
    container: Container = 'wav',
  ) => {
    await using source = await serveObject(inMemory(bytes))
    return await makeClip({ url: source.url, container, title: 'Low Tide – «✨»' }, clip, 30_000)
  }

  test('is an MP3 of that part, faded in and out, with its title and no other word', async () => {
    const bytes = await makeAudio('wav', { seconds: 40, tags: { title: 'Master 7', artist: 'Ada North' } })
    const clip = await clipOf(bytes, { start_ms: 5000, duration_ms: 30_000, is_tagged: false })
    const heard = await listen(clip, { container: 'mp3' })
    expect(Math.abs(heard.duration_ms - 30_000)).toBeLessThan(150)
    const level = (pixel: number) => heard.detail.data[2 * pixel + 1]!
    expect(level(0)).toBeLessThan(level(300) / 4)
    expect(level(597)).toBeLessThan(level(300) / 4)
    expect(clip.includes(Buffer.from('Low Tide – «✨»', 'utf16le'))).toBe(true)
    expect(clip.includes('Master 7')).toBe(false)
    expect(clip.includes('Ada North')).toBe(false)
    expect(clip.includes('Lavf')).toBe(false)
  })

  test.each(Object.keys(audioFormats) as AudioFormat[])('is cut out of %s', async (format) => {
    const bytes = await makeAudio(format, { seconds: 8 })
    const clip = await clipOf(
      bytes,
      { start_ms: 3000, duration_ms: 4000, is_tagged: false },
      containers[format],
    )
    expect(Math.abs((await listen(clip, { container: 'mp3' })).duration_ms - 4000)).toBeLessThan(200)
  })

  test('has a mark in it where it is wished, every twelve seconds', async () => {
    const silence = await encodeSound('wav', [
      '-f',
      'lavfi',
      '-i',
      'anullsrc=r=44100',
      '-t',
      '30',
      '-ac',
      '2',
    ])
    const clip = (is_tagged: boolean) => clipOf(silence, { start_ms: 0, duration_ms: 30_000, is_tagged })
    const { detail } = await listen(await clip(true), { container: 'mp3' })
    const loud = detail.data.flatMap((value, at) => (value > 10 ? [Math.floor(at / 40)] : []))
    expect([...new Set(loud)]).toEqual([2, 14, 26])
    expect(Math.max(...(await listen(await clip(false), { container: 'mp3' })).detail.data)).toBeLessThan(2)
  })
})

/** The same film, whose first data reference is an address in place of the file itself. */
function withReference(film: Buffer, url: string): Buffer {
  const at = film.indexOf('url ', film.indexOf('dref'))
  const own = film.subarray(at - 4, at + 8)
  const address = Buffer.from(`${url}\0`)
  const entry = Buffer.alloc(12 + address.length)
  entry.writeUInt32BE(entry.length, 0)
  entry.write('url ', 4)
  address.copy(entry, 12)
  const grown = Buffer.concat([film.subarray(0, at - 4), entry, film.subarray(at - 4 + own.length)])
  for (const box of ['moov', 'trak', 'mdia', 'minf', 'dinf', 'dref']) {
    const start = grown.indexOf(box) - 4
    grown.writeUInt32BE(grown.readUInt32BE(start) + entry.length - own.length, start)
  }
  return grown
}
