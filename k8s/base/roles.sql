-- Run once, as a superuser, in the database that the service will use. Safe to run again.
-- Then give both roles a way to log in, as is your custom, e.g.: alter role peer_coaching_app password '…';
do $$
begin
  if not exists (select from pg_roles where rolname = 'peer_coaching_owner') then
    create role peer_coaching_owner login noinherit nosuperuser nobypassrls;
  end if;
  if not exists (select from pg_roles where rolname = 'peer_coaching_app') then
    create role peer_coaching_app login noinherit nosuperuser nobypassrls;
  end if;
end $$;
create schema if not exists peer_coaching authorization peer_coaching_owner;
create extension if not exists btree_gist;
alter role peer_coaching_owner set search_path = peer_coaching, public;
alter role peer_coaching_app set search_path = peer_coaching, public;
alter role peer_coaching_app set log_parameter_max_length = 0;
alter role peer_coaching_app set log_parameter_max_length_on_error = 0;
