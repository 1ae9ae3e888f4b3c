"""The floor: what Flask-RESTful costs when an endpoint does nothing, and when it commits one row."""

import os

import psycopg2
from flask import Flask
from flask_restful import Api, Resource

app = Flask(__name__)
api = Api(app)
connections = {}


def connection():
    """One connection for each process, and each statement committed by itself."""
    if os.getpid() not in connections:
        connections[os.getpid()] = psycopg2.connect(os.environ["FLOOR_DATABASE"])
        connections[os.getpid()].autocommit = True
    return connections[os.getpid()]


class Empty(Resource):
    def post(self):
        return {}, 201


class Insert(Resource):
    def post(self):
        with connection().cursor() as cursor:
            cursor.execute("INSERT INTO floor (answer) VALUES (%s)", ("x" * 1000,))
        return {}, 201


api.add_resource(Empty, "/empty")
api.add_resource(Insert, "/insert")
