import { byId, el, icon } from './dom.ts'
import { formatTime, speakTime } from './format.ts'
import { type Peaks, readPeaks, type WaveformFile } from './peaks.ts'
import { createPlayer } from './player.ts'
import { get } from './session.ts'
import { type Item, trackPath } from './store.ts'
import { drawWave } from './wave-drawing.ts'
import type { Track } from './wire.ts'

const stripSeconds = 10
const jumpSeconds = 5

/** Play, seek by the waveform, volume. What is not ready yet is there already, and still. */
export function createPlayerView() {
  const sound = el('audio', { id: 'sound', hidden: true })
  const player = createPlayer(sound, () => draw())
  const wave = el('canvas', { class: 'wave', 'aria-hidden': 'true' })
  const strip = el('canvas', { class: 'wave strip', 'aria-hidden': 'true' })
  const slider = el('div', { class: 'seek', role: 'slider', tabindex: '0', 'aria-label': 'Position' }, wave)
  const button = el('button', { type: 'button', class: 'play', onclick: () => void player.toggle() })
  const elapsed = el('span', { class: 'digits' }, '0:00')
  const total = el('span', { class: 'digits quiet' }, '0:00')
  const volume = el('input', {
    type: 'range',
    min: '0',
    max: '1',
    step: '0.01',
    value: '1',
    'aria-label': 'Volume',
  })
  const problem = el('p', { class: 'bad', role: 'status' })
  let track: Track | undefined
  let overview: Peaks | undefined
  let detail: Peaks | undefined
  let hover: number | undefined
  let shownState = ''

  byId('player').replaceChildren(
    el('div', { class: 'deck' }, button, slider),
    strip,
    el(
      'div',
      { class: 'controls' },
      elapsed,
      el('span', { class: 'quiet' }, '/'),
      total,
      el('span', { class: 'grow' }),
      el('label', { class: 'volume' }, icon('volume'), volume),
    ),
    problem,
    sound,
  )

  const duration = () => (track?.duration_ms ?? 0) / 1_000
  const canPlay = () => track?.status === 'ready' && track.access.stream

  function draw(): void {
    const { state, position, clip, error } = player.now()
    const length = duration()
    // Without a length there is still a line to see where it will be.
    const marked = clip && { from: clip.start_ms / 1_000, to: (clip.start_ms + clip.duration_ms) / 1_000 }
    const whole = { position, duration: length || 1, hover, marked }
    drawWave(wave, { ...whole, peaks: overview, from: 0, to: length || 1 })
    strip.hidden = !detail
    if (detail) {
      const from = position - stripSeconds / 2
      drawWave(strip, { position, duration: length, peaks: detail, from, to: from + stripSeconds })
    }
    elapsed.textContent = formatTime(position)
    slider.setAttribute('aria-valuenow', String(Math.floor(position)))
    slider.setAttribute('aria-valuetext', `${speakTime(position)} of ${speakTime(length)}`)
    problem.textContent = error ?? ''
    drawButton(state)
  }

  function drawButton(state: string): void {
    button.disabled = !canPlay()
    if (state === shownState) return
    shownState = state
    const isGoing = state === 'playing' || state === 'loading'
    button.replaceChildren(icon(isGoing ? 'pause' : 'play'))
    button.setAttribute('aria-label', isGoing ? 'Pause' : 'Play')
    button.classList.toggle('busy', state === 'loading')
    if (state === 'playing') requestAnimationFrame(tick)
  }

  function tick(): void {
    draw()
    if (player.now().state === 'playing') requestAnimationFrame(tick)
  }

  const secondsAt = ({ clientX }: MouseEvent) => {
    const { left, width } = wave.getBoundingClientRect()
    return Math.max(0, Math.min(1, (clientX - left) / width)) * duration()
  }
  const seek = (seconds: number) => canPlay() && void player.seek(seconds)

  slider.addEventListener('pointerdown', (event) => {
    slider.setPointerCapture(event.pointerId)
    seek(secondsAt(event))
  })
  slider.addEventListener('pointermove', (event) => {
    hover = canPlay() ? secondsAt(event) : undefined
    if (slider.hasPointerCapture(event.pointerId)) seek(secondsAt(event))
    draw()
  })
  slider.addEventListener('pointerleave', () => {
    hover = undefined
    draw()
  })
  slider.addEventListener('keydown', (event) => {
    const { position } = player.now()
    const target = targetOf(event.key, position, duration())
    if (target === undefined) return
    event.preventDefault()
    seek(target)
  })
  volume.addEventListener('input', () => {
    player.sound.volume = Number(volume.value)
  })
  new ResizeObserver(draw).observe(wave)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw)

  async function loadPeaks(of: Track): Promise<void> {
    const { waveform_url } = of
    if (!waveform_url) return
    const isStill = () => track?.waveform_url === waveform_url
    const first = readPeaks(await (await fetch(waveform_url)).json())
    if (!isStill()) return
    overview = first
    draw()
    const second = readPeaks(await get<WaveformFile>(`${trackPath(of.id)}/waveform?resolution=detail`))
    if (isStill()) detail = second
    draw()
  }

  const show = (item: Item | undefined): void => {
    const next = item?.track
    const isOther = next?.id !== track?.id
    const hasNewPeaks = next?.waveform_url !== track?.waveform_url || isOther
    track = next
    if (isOther) player.select(next?.id)
    if (hasNewPeaks) {
      overview = undefined
      detail = undefined
      if (next) void loadPeaks(next).catch(() => undefined)
    }
    slider.setAttribute('aria-valuemin', '0')
    slider.setAttribute('aria-valuemax', String(Math.floor(duration())))
    slider.setAttribute('aria-disabled', String(!canPlay()))
    total.textContent = formatTime(duration())
    draw()
  }
  return { show, preview: () => player.preview() }
}

function targetOf(key: string, position: number, duration: number): number | undefined {
  if (key === 'ArrowRight' || key === 'ArrowUp') return position + jumpSeconds
  if (key === 'ArrowLeft' || key === 'ArrowDown') return position - jumpSeconds
  if (key === 'PageUp') return position + 6 * jumpSeconds
  if (key === 'PageDown') return position - 6 * jumpSeconds
  if (key === 'Home') return 0
  return key === 'End' ? duration : undefined
}
