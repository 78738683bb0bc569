import type { Listening } from '../../lib/media/analysis/listening.ts'

const waveform = {
  version: 2,
  channels: 1,
  sample_rate: 48_000,
  samples_per_pixel: 480,
  bits: 8,
  length: 1,
  data: [-3, 4],
} as const

/** What may be heard of a piece, for tests that are about something else. */
export const heard: Listening = {
  duration_ms: 2_000,
  loudness: { integrated_lufs: -14, true_peak_dbtp: -1, range_lu: 3 },
  tempo: { bpm: 120, confidence: 0.9 },
  key: { musical_key: 'Am', confidence: 0.8 },
  overview: waveform,
  detail: waveform,
  loudest_ms: 0,
}
