import * as z from 'zod/mini'
import { openUrl } from './open-url.ts'

export const waveformKey = (versionId: string, sha256: string) => `waveforms/${versionId}/${sha256}.json`

/** A waveform in an answer: rows have version and hash, `{version_id}/{sha256}`, clients get its address. */
const waveformUrl = z.codec(z.url(), z.string(), {
  decode: (url) =>
    url
      .split('/')
      .slice(-2)
      .join('/')
      .replace(/\.json$/, ''),
  encode: (path) => openUrl(waveformKey(...(path.split('/') as [string, string]))),
})

const description =
  'The peaks of the version that plays, in 1000 to 2000 points (audiowaveform JSON, version 2); null until it was ' +
  'listened to. The bytes behind a URL never change.'

export const waveformUrlField = z.nullable(waveformUrl).check(z.meta({ description }))
