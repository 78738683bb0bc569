import { parse } from 'content-disposition'
import fc from 'fast-check'
import { attachment, audioFilename } from '../../../lib/media/delivery/file-names.ts'

const file = { artist: 'Ada', title: 'Night Drive', container: 'flac', codec: 'FLAC' }
const nameOf = (about: Partial<typeof file>) => audioFilename({ ...file, ...about })

/** Text as hostile as it comes: any code unit, and what file systems and headers stumble over more often. */
const nasty = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)))
    .map((all) => all.join('')),
  fc
    .array(
      fc.constantFrom(
        '"',
        '\\',
        '/',
        '\r\n',
        ';',
        "'",
        '%41',
        '*',
        '..',
        '\u202e',
        '\u0301',
        '😀',
        'é',
        ' ',
        '\0',
        'CON',
        '.',
        ',',
      ),
      { maxLength: 400 },
    )
    .map((all) => all.join('')),
)

test('names a file by artist, title and what is really in it', () => {
  expect(nameOf({})).toBe('Ada - Night Drive.flac')
  expect(nameOf({ title: 'Night Drive.exe' })).toBe('Ada - Night Drive.exe.flac')
})

test.each([
  ['mp3', 'MPEG 1 Layer 3', 'mp3'],
  ['aac', 'AAC', 'aac'],
  ['wav', 'PCM', 'wav'],
  ['aiff', 'PCM', 'aiff'],
  ['mp4', 'MPEG-4/AAC', 'm4a'],
  ['ogg', 'Vorbis I', 'ogg'],
  ['ogg', 'Opus', 'opus'],
])('calls what is %s with %s .%s', (container, codec, extension) => {
  expect(nameOf({ container, codec })).toBe(`Ada - Night Drive.${extension}`)
})

test.each([
  ['a path', 'AC/DC', '..\\..\\etc/passwd', 'AC-DC - -..-etc-passwd.flac'],
  ['quotes', '"Heroes"', 'Say "no"', "'Heroes' - Say 'no'.flac"],
  ['new lines', 'Ada\r\nSet-Cookie: a=b', 'x', 'Ada Set-Cookie- a=b - x.flac'],
  ['a direction that turns', 'Ada', 'Song\u202eexe.mp3\u2066', 'Ada - Songexe.mp3.flac'],
  ['nothing to see', '\u200b\u2060\ufeff', 'x\u0000\u001f', 'x.flac'],
  ['wildcards', 'What?', 'a*b<c>d|e:f', 'What_ - a_b_c_d-e-f.flac'],
  ['half an emoji', '\ud83d', 'Sun \u{1f600}', 'Sun 😀.flac'],
  ['emoji that are joined', '👩‍🎤', '🏳️‍🌈', '👩‍🎤 - 🏳️‍🌈.flac'],
  ['dots and spaces at the ends', ' ..Ada. ', '...Baby One More Time... ', 'Ada - Baby One More Time.flac'],
  ['nothing', '', '', 'track.flac'],
])('takes out of a name what is not of one: %s', (_, artist, title, expected) => {
  expect(nameOf({ artist, title })).toBe(expected)
})

test.each(['CON', 'nul', 'Com1', 'lpt³', 'aux ', 'PRN.txt'])(
  'does not call a file by a device of Windows: %s',
  (title) => {
    expect(nameOf({ artist: '', title })).toMatch(/^_/)
  },
)

test('cuts a name that no file system takes, and keeps its extension', () => {
  const long = nameOf({ artist: '音'.repeat(200), title: '👩‍🎤'.repeat(100) })
  expect(Buffer.byteLength(long)).toBeLessThanOrEqual(200)
  expect(long).toMatch(/^音{26} - (👩‍🎤)+\.flac$/u)
})

test('cuts a single letter with two thousand marks', () => {
  const long = nameOf({ artist: '', title: `q${'\u0323'.repeat(2000)}` })
  expect(Buffer.byteLength(long)).toBeLessThanOrEqual(200)
  expect(long).toMatch(/^q\u0323+\.flac$/u)
})

test('says a name that is not ASCII twice: as it is, and as older clients read it', () => {
  expect(attachment('Björk - Jóga.flac')).toBe(
    `attachment; filename="Bjork - Joga.flac"; filename*=UTF-8''Bj%C3%B6rk%20-%20J%C3%B3ga.flac`,
  )
  expect(attachment('音.flac')).toBe(`attachment; filename=track.flac; filename*=UTF-8''%E9%9F%B3.flac`)
  expect(attachment('100%41.mp3')).toContain('filename="100_41.mp3"'.replaceAll('"', ''))
})

test('makes of any text one header that breaks nowhere and says the same name again', () => {
  fc.assert(
    fc.property(
      nasty,
      nasty,
      fc.constantFrom('mp3', 'ogg', 'mp4', 'nonsense'),
      (artist, title, container) => {
        const name = audioFilename({ artist, title, container, codec: null })
        const header = attachment(name)
        expect(header).toMatch(/^attachment; filename=[\x20-\x7e]+$/)
        expect(parse(header)).toEqual({
          type: 'attachment',
          parameters: expect.objectContaining({ filename: name }),
        })
        expect(name).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069"\\/:*?<>|]|^[. ]|[. ]$/u)
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200)
        expect(new Headers({ 'content-disposition': header }).get('content-disposition')).toBe(header)
      },
    ),
    { numRuns: 2_000 },
  )
})

test('makes a header of any name that is handed in, however long or strange', () => {
  fc.assert(
    fc.property(nasty, (filename) => {
      const header = attachment(filename)
      expect(header).toMatch(/^attachment; filename=[\x20-\x7e]+$/)
      expect(attachment(parse(header).parameters.filename!)).toBe(header)
    }),
    { numRuns: 2_000 },
  )
})
