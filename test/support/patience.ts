import { jest } from '@jest/globals'

// A first call loads its function, hashes a password, starts an encoder: on two busy cores that takes its time.
jest.setTimeout(90_000)
