export LSTK_API_ENDPOINT=[[shell .Base]] LSTK_WEB_APP_URL=[[shell .Base]]
lstk login
