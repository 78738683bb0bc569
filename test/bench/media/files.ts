import { randomFillSync } from 'node:crypto'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AudioFormat, audioFormats, makeAudio, wavHeader } from '../../support/audio.ts'
import type { Tell } from '../progress.ts'

export const formats = Object.keys(audioFormats) as AudioFormat[]

/** As long as a song. */
export const songSeconds = 180

const songs = new Map<AudioFormat, Promise<Buffer>>()

/** Three minutes of sound in a format, made once however many parts want it. */
export function songIn(format: AudioFormat): Promise<Buffer> {
  const song = songs.get(format) ?? makeAudio(format, { seconds: songSeconds })
  songs.set(format, song)
  return song
}

/** One after the other, for the encoders take a core each. */
export async function makeSongs(tell: Tell): Promise<void> {
  for (const format of formats) {
    await songIn(format)
    tell(1)
  }
}

/** A directory for as long as the work takes. */
export async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'veza-bench-'))
  try {
    return await work(directory)
  } finally {
    await rm(directory, { recursive: true })
  }
}

export async function writeCopies(directory: string, name: string, bytes: Buffer, count: number) {
  const paths = Array.from({ length: count }, (_, index) => join(directory, `${index}-${name}`))
  for (const path of paths) await writeFile(path, bytes)
  return paths
}

/** Changes some samples in its middle: clamd knows what it has seen by its hash. */
export async function makeUnseen(path: string, sizeBytes: number): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.write(randomFillSync(Buffer.alloc(16)), 0, 16, Math.floor(sizeBytes / 2))
  } finally {
    await file.close()
  }
}

/** A WAV of silence that takes no room on the disk. */
export async function writeSparseWav(path: string, sizeBytes: number): Promise<void> {
  const file = await open(path, 'w')
  try {
    await file.write(wavHeader(sizeBytes - 44))
    await file.truncate(sizeBytes)
  } finally {
    await file.close()
  }
}
