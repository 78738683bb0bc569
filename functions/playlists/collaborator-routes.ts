import { defineRoutes, noContent, pageQuery } from '../../lib/http/route.ts'
import {
  collaboratorPage,
  collaboratorParams,
  putCollaborator,
} from '../../lib/playlists/collaborator-schemas.ts'
import { playlistParams } from '../../lib/playlists/schemas.ts'

export const collaboratorRoutes = defineRoutes({
  listPlaylistCollaborators: {
    method: 'GET',
    path: '/api/v1/playlists/{playlist_id}/collaborators',
    auth: 'user',
    policy: { permission: 'playlists.read', reach: 'own', limit: 'read', step_up: false },
    summary: 'List who has a part in a playlist that you have one in, the owner first',
    params: playlistParams,
    query: pageQuery,
    status: 200,
    response: collaboratorPage,
    problems: ['not_found', 'invalid_request'],
  },
  putPlaylistCollaborator: {
    method: 'PUT',
    path: '/api/v1/playlists/{playlist_id}/collaborators/{user_id}',
    auth: 'user',
    policy: { permission: 'playlists.write', reach: 'own', limit: 'write', step_up: false },
    summary: 'Let somebody into a playlist of yours, change their role, or make a collaborator its owner',
    params: collaboratorParams,
    body: putCollaborator,
    status: 204,
    response: noContent,
    problems: ['not_found', 'conflict', 'too_many_collaborators'],
  },
  removePlaylistCollaborator: {
    method: 'DELETE',
    path: '/api/v1/playlists/{playlist_id}/collaborators/{user_id}',
    auth: 'user',
    policy: { permission: 'playlists.write', reach: 'own', limit: 'write', step_up: false },
    summary: 'Put somebody out of a playlist of yours, or leave one',
    params: collaboratorParams,
    status: 204,
    response: noContent,
    problems: ['not_found', 'conflict'],
  },
})
