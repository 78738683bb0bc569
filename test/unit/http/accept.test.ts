import { preferredType } from '../../../lib/http/accept.ts'

const types = ['application/json', 'application/pdf'] as const

test.each([
  [undefined, 'application/json'],
  ['', 'application/json'],
  ['*/*', 'application/json'],
  ['application/pdf', 'application/pdf'],
  ['Application/PDF', 'application/pdf'],
  ['application/pdf, */*;q=0.8', 'application/pdf'],
  ['application/json, application/pdf', 'application/json'],
  ['application/json;q=0.5, application/pdf', 'application/pdf'],
  ['application/json; q=0.9, application/pdf; q=0.1', 'application/json'],
  ['application/*', 'application/json'],
  ['application/*;q=0.9, application/json;q=0.1', 'application/pdf'],
  ['application/pdf;q=0', 'application/json'],
  ['*/*, application/json;q=0', 'application/pdf'],
  ['text/html,application/xhtml+xml,*/*;q=0.8', 'application/json'],
  ['text/html', 'application/json'],
  ['application/pdf;q=7', 'application/json'],
  ['application/pdf;q=abc', 'application/json'],
  [';;;,,,q=', 'application/json'],
])('%j is answered with %s', (accept, type) => {
  expect(preferredType(accept, types)).toBe(type)
})
