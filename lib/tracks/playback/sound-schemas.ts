import * as z from 'zod/mini'
import { timestamp } from '../../http/route.ts'

export const waveformQuery = z.strictObject({
  /** `detail`, with 20 points a second, is answered by where it is. */
  resolution: z._default(z.enum(['overview', 'detail']), 'overview'),
})

/** Peaks as audiowaveform writes them: a pair of least and largest sample for each of `length` points. */
export const waveform = z.object({
  version: z.literal(2),
  channels: z.literal(1),
  sample_rate: z.int(),
  samples_per_pixel: z.int(),
  bits: z.literal(8),
  length: z.int(),
  data: z.array(z.int()),
})
export type WaveformBody = z.output<typeof waveform>

export const preview = z.object({
  url: z.url(),
  expires_at: timestamp,
  start_ms: z.int(),
  duration_ms: z.int(),
})
