import { defineRoutes, noContent } from '../../lib/http/route.ts'
import {
  facetQuery,
  listTracks,
  suggestionQuery,
  suggestions,
  trackFacets,
} from '../../lib/search/schemas.ts'
import { updateTrack } from '../../lib/tracks/edit-schemas.ts'
import { createTrack, stream, trackPage, trackParams, wholeTrack } from '../../lib/tracks/schemas.ts'
import { shareHeaders } from '../../lib/tracks/shares/schemas.ts'
import { reactionRoutes } from './reaction-routes.ts'
import { shareRoutes } from './share-routes.ts'
import { uploadRoutes } from './upload-routes.ts'

const ownRoutes = defineRoutes({
  createTrack: {
    method: 'POST',
    path: '/api/v1/tracks',
    auth: 'user',
    policy: { permission: 'tracks.write', reach: 'own', limit: 'write', step_up: false },
    summary: 'Create a track, still without a file',
    body: createTrack,
    status: 201,
    response: wholeTrack,
    problems: [],
  },
  listTracks: {
    method: 'GET',
    path: '/api/v1/tracks',
    auth: 'optional',
    policy: { permission: 'public', reach: 'visible', limit: 'search', step_up: false },
    summary: 'Search and list public tracks; under your own name, all of yours in any state',
    query: listTracks,
    status: 200,
    response: trackPage,
    problems: ['invalid_request'],
  },
  countTracks: {
    method: 'GET',
    path: '/api/v1/tracks/facets',
    auth: 'optional',
    policy: { permission: 'public', reach: 'visible', limit: 'search', step_up: false },
    summary: 'See how the tracks of a search divide by genre, tag, key, tempo and length',
    query: facetQuery,
    status: 200,
    response: trackFacets,
    problems: [],
  },
  suggest: {
    method: 'GET',
    path: '/api/v1/search/suggestions',
    auth: 'optional',
    policy: { permission: 'public', reach: 'visible', limit: 'search', step_up: false },
    summary: 'Complete what is being typed: artists, tracks and tags, the best known first',
    query: suggestionQuery,
    status: 200,
    response: suggestions,
    problems: [],
  },
  getTrack: {
    method: 'GET',
    path: '/api/v1/tracks/{track_id}',
    auth: 'optional',
    policy: { permission: 'public', reach: 'visible', limit: 'read', step_up: false },
    summary: 'Read a track; also one that a secret link leads to',
    params: trackParams,
    headers: shareHeaders,
    status: 200,
    response: wholeTrack,
    problems: ['not_found'],
  },
  deleteTrack: {
    method: 'DELETE',
    path: '/api/v1/tracks/{track_id}',
    auth: 'user',
    policy: { permission: 'tracks.write', reach: 'own', limit: 'write', step_up: false },
    summary: 'Delete a track of yours; for 30 days you may have it back',
    params: trackParams,
    status: 204,
    response: noContent,
    problems: ['not_found', 'precondition_failed'],
  },
  restoreTrack: {
    method: 'POST',
    path: '/api/v1/tracks/{track_id}/restore',
    auth: 'user',
    policy: { permission: 'tracks.write', reach: 'own', limit: 'write', step_up: false },
    summary: 'Have a deleted track of yours back, as it was',
    params: trackParams,
    status: 200,
    response: wholeTrack,
    problems: ['not_found'],
  },
  updateTrack: {
    method: 'PATCH',
    path: '/api/v1/tracks/{track_id}',
    auth: 'user',
    policy: { permission: 'tracks.write', reach: 'own', limit: 'write', step_up: false },
    summary: "Change a track that you own or edit; who sees it, and from when, is its owner's to say",
    params: trackParams,
    body: updateTrack,
    status: 200,
    response: wholeTrack,
    problems: ['not_found', 'precondition_failed'],
  },
  streamTrack: {
    method: 'GET',
    path: '/api/v1/tracks/{track_id}/stream',
    auth: 'optional',
    policy: { permission: 'public', reach: 'visible', limit: 'read', step_up: false },
    summary:
      'Ask for what a player needs to play a track; a secret link opens it as it does the track itself',
    params: trackParams,
    headers: shareHeaders,
    status: 200,
    response: stream,
    problems: ['not_found', 'track_not_ready'],
  },
})

export const trackRoutes = { ...ownRoutes, ...uploadRoutes, ...reactionRoutes, ...shareRoutes }
