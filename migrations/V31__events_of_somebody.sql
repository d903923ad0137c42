-- Whoever is erased takes along the events that told them something. Without an index all that are kept are looked at, which
-- in a large organization takes longer than a statement may.
create index events_of_recipient on events (organization_id, recipient_id) where recipient_id is not null;
