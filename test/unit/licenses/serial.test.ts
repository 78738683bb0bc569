import { createSerial, parseSerial } from '../../../lib/licenses/serial.ts'

test('serials are of an alphabet that is not misread, and none comes twice', () => {
  const serials = Array.from({ length: 1_000 }, createSerial)

  for (const serial of serials) expect(serial).toMatch(/^VZ(-[0-9A-HJKMNP-TV-Z]{4}){4}$/)
  expect(new Set(serials).size).toBe(1_000)
})

test.each([
  ['as it is printed', 'VZ-0123-4567-89AB-CDEF'],
  ['in small letters', 'vz-0123-4567-89ab-cdef'],
  ['without dashes', 'VZ0123456789ABCDEF'],
  ['without the first letters', '0123-4567-89AB-CDEF'],
  ['with spaces', ' VZ 0123 4567 89AB CDEF'],
  ['with letters for digits', 'VZ-OI23-4567-89AB-CDEF'],
  ['with a small l for a one', 'VZ-0l23-4567-89AB-CDEF'],
])('a serial is read %s', (_, typed) => {
  expect(parseSerial(typed)).toBe('VZ-0123-4567-89AB-CDEF')
})

test.each([
  '',
  'VZ-',
  'VZ-0123-4567-89AB-CDE',
  'VZ-0123-4567-89AB-CDEFG',
  'VZ-U123-4567-89AB-CDEF',
  'VZ-é123-4567-89AB-CDEF',
])('%j is no serial', (typed) => {
  expect(parseSerial(typed)).toBeUndefined()
})
