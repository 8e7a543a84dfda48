//! Client for the REST API of grand-challenge.org: endpoints, models, pages, errors
