-- Gives the two roles of roles.sql their passwords, from the environment of a PostgreSQL that starts for the first
-- time; in docker-compose.yml, too.
\getenv owner OWNER_PASSWORD
\getenv app APP_PASSWORD
alter role peer_coaching_owner password :'owner';
alter role peer_coaching_app password :'app';
